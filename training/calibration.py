"""Temperature and 'unsure' threshold from held-out synthetic persons, shifts of logits from training persons."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from model.labels import EMOTIONS

# Of labels that are only just shown, at least this share must be right.
_WANTED_ACCURACY: Final = 2 / 3
# "Only just": confidences up to this much above the threshold.
_BAND: Final = 0.1
_LOWEST_THRESHOLD: Final = 0.4
_HIGHEST_THRESHOLD: Final = 0.95
# Fewer clips in the band say nothing about it.
_FEWEST: Final = 10
# Range and step in which an AU's logit may be shifted.
_LARGEST_SHIFT: Final = 1.5
_SHIFT_STEP: Final = 0.1
MOST_CALLED: Final = 0.04
"""Of the moments in which training persons talk and blink, at most this share may be called an emotion: a little less
than the twentieth that is asked for, since other persons are met less well."""
_NONE_STEP: Final = 0.05
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


def action_unit_shifts(
    logits: npt.NDArray[np.float32], action_units: npt.NDArray[np.floating[Any]]
) -> npt.NDArray[np.float32]:
    """What to add to each AU's logit so that 0.5 is the probability from which naming it is worth the most F1.

    Rare AUs seldom reach 0.5 by themselves. Meant for clips of *training* persons: no held-out person chooses a
    threshold.

    Args:
        logits: ``[n, 15]``.
        action_units: ``[n, 15]``, 0 or 1.

    Returns:
        ``float32 [15]``; 0 for an AU that does not occur.
    """
    steps = np.arange(-_LARGEST_SHIFT, _LARGEST_SHIFT + 1e-9, _SHIFT_STEP)
    named = logits[None] + steps[:, None, None] >= 0
    present = action_units > 0
    right = (named & present).sum(axis=1)
    # F1 of each shift and AU; ties go to the smallest shift.
    scores = 2 * right / np.maximum(named.sum(axis=1) + present.sum(axis=0), 1) - 1e-9 * np.abs(steps)[:, None]
    best = steps[scores.argmax(axis=0)]
    return np.where(present.any(axis=0), best, 0.0).astype(np.float32)


def none_shift(logits: npt.NDArray[np.float32]) -> float:
    """The least that must be added to the logit of ``none`` so that talk is seldom called an emotion (`MOST_CALLED`).

    Most moments of a face show no expression, most clips that a network learns from do. Meant for moments of *training*
    persons: no held-out person chooses a threshold.

    Args:
        logits: ``[n, 4]`` of moments in which nobody makes an expression.

    Returns:
        0 or more, in steps of 0.05; 0 if there are no moments.
    """
    if not len(logits):
        return 0.0
    none = EMOTIONS.index("none")
    # By how much the likeliest emotion leads: with so much more, `none` wins. In single precision a lead can be rounded
    # down to a whole step, which is then not enough.
    exact = logits.astype(np.float64)
    leads = np.sort(np.delete(exact, none, axis=1).max(axis=1) - exact[:, none])
    allowed = int(MOST_CALLED * len(leads))
    wanted = float(leads[len(leads) - 1 - allowed])
    # A step further than where both are alike.
    return max(0.0, float(np.floor(wanted / _NONE_STEP) + 1) * _NONE_STEP)


def unsure_threshold(probabilities: npt.NDArray[np.floating[Any]], emotion: npt.NDArray[np.int64]) -> float:
    """The lowest confidence at which labels that are only just shown are right often enough."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == emotion
    for threshold in np.arange(_LOWEST_THRESHOLD, _HIGHEST_THRESHOLD, 0.01):
        band = (confidence >= threshold) & (confidence < threshold + _BAND)
        if band.sum() >= _FEWEST and right[band].mean() >= _WANTED_ACCURACY:
            return round(float(threshold), 2)
    return _HIGHEST_THRESHOLD
