"""Temperature scaling and the 'unsure' threshold, both from held-out synthetic persons only."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

# The label is shown when, on held-out clips that are this sure or surer, at least this share is right.
_WANTED_ACCURACY: Final = 0.9
_LOWEST_THRESHOLD: Final = 0.4


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
    return float(log_temperature.detach().exp())


def unsure_threshold(probabilities: npt.NDArray[np.floating[Any]], emotion: npt.NDArray[np.int64]) -> float:
    """The lowest confidence from which on the wanted share of labels is right."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == emotion
    for threshold in np.arange(_LOWEST_THRESHOLD, 0.95, 0.01):
        sure = confidence >= threshold
        if sure.any() and right[sure].mean() >= _WANTED_ACCURACY:
            return round(float(threshold), 2)
    return 0.95
