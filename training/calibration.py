"""Temperature scaling and the 'unsure' threshold, both from held-out synthetic persons only."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

# Of labels that are only just shown, at least this share must be right.
_WANTED_ACCURACY: Final = 2 / 3
# "Only just": confidences up to this much above the threshold.
_BAND: Final = 0.1
_LOWEST_THRESHOLD: Final = 0.4
_HIGHEST_THRESHOLD: Final = 0.95
# Fewer clips in the band say nothing about it.
_FEWEST: Final = 10
# Temperatures outside this range come from sets too small to fit one.
_TEMPERATURES: Final = (0.2, 5.0)


def fit_temperature(logits: npt.NDArray[np.float32], emotion: npt.NDArray[np.int64]) -> float:
    """The temperature that minimises the negative log likelihood (Guo et al. 2017)."""
    values, truth = torch.from_numpy(logits), torch.from_numpy(emotion)
    log_temperature = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([log_temperature], max_iter=50)

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(values / log_temperature.exp(), truth)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves backward untyped
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]  # torch leaves step untyped
    fitted = float(log_temperature.detach().exp())
    return float(np.clip(fitted, *_TEMPERATURES)) if np.isfinite(fitted) else 1.0


def unsure_threshold(probabilities: npt.NDArray[np.floating[Any]], emotion: npt.NDArray[np.int64]) -> float:
    """The lowest confidence at which labels that are only just shown are right often enough."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == emotion
    for threshold in np.arange(_LOWEST_THRESHOLD, _HIGHEST_THRESHOLD, 0.01):
        band = (confidence >= threshold) & (confidence < threshold + _BAND)
        if band.sum() >= _FEWEST and right[band].mean() >= _WANTED_ACCURACY:
            return round(float(threshold), 2)
    return _HIGHEST_THRESHOLD
