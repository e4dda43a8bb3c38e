"""A field of moving skin as a few Gaussian pulls, the form of the muscle table."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from model.muscles import Pull
from training.tracing.sculpture import GRID_X, GRID_Y

# A field is described well enough when its pulls leave this share of its energy; more pulls than these say nothing new.
_ENOUGH: Final = 0.03
_MOST_PULLS: Final = 6
# Narrowest and widest pull (sd), in face coordinates, and the first guess.
_WIDTHS: Final = (0.04, 0.9)
_FIRST_WIDTH: Final = 0.15


def trace(field: npt.NDArray[np.float32], *, midline: bool = False) -> tuple[tuple[Pull, ...], float]:
    """Fits pulls to a field, one after another, all together after each.

    Args:
        field: ``float32 [34, 45, 2]`` of `training.tracing.sculpture.SculptedHead.field`; of the half with x > 0
            unless ``midline``.
        midline: Both halves move as one: pulls lie on the midline and move nothing sideways.

    Returns:
        The pulls, the strongest with amplitude 1, and the share of the field's energy that they leave.
    """
    x, y = np.meshgrid(GRID_X, GRID_Y)
    largest = float(np.hypot(field[..., 0], field[..., 1]).max())
    wanted = (field / max(largest, 1e-9)).astype(np.float64)
    if midline:
        wanted[..., 0] = 0.0
    energy = float((wanted**2).sum())
    found = np.zeros((0, _PARAMETERS))
    left = 1.0
    while left > _ENOUGH and len(found) < _MOST_PULLS:
        rest = wanted - _drawn(found, x, y)
        row, column = np.unravel_index(int(np.hypot(rest[..., 0], rest[..., 1]).argmax()), x.shape)
        guess = np.array([x[row, column], y[row, column], *rest[row, column], _FIRST_WIDTH, _FIRST_WIDTH])
        start = np.clip(np.vstack([found, guess]), _LOW + 1e-6, _HIGH - 1e-6)
        free = np.tile(np.array([not midline, True, not midline, True, True, True]), len(start))

        def misfit(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            return (_drawn(_placed(values, start, free), x, y) - wanted).ravel()  # noqa: B023  # called within this turn only

        bounds = (np.tile(_LOW, len(start))[free], np.tile(_HIGH, len(start))[free])
        fitted = least_squares(misfit, start.ravel()[free], bounds=bounds, max_nfev=60)
        found = _placed(fitted.x, start, free)
        left = float((fitted.fun**2).sum()) / max(energy, 1e-12)
    strengths = np.hypot(found[:, 2], found[:, 3])
    order = np.argsort(-strengths)
    pulls = tuple(
        Pull(x, y, dx / s, dy / s, sx, sy, s / strengths[order[0]])
        for (x, y, dx, dy, sx, sy), s in zip(found[order].tolist(), strengths[order].tolist(), strict=True)
        if s > 0
    )
    return pulls, left


# Centre, shift across and down, widths: what the fit may choose.
_PARAMETERS: Final = 6
_LOW: Final = np.array([-0.1, -0.5, -2.0, -2.0, _WIDTHS[0], _WIDTHS[0]])
_HIGH: Final = np.array([1.2, 1.4, 2.0, 2.0, _WIDTHS[1], _WIDTHS[1]])


def _placed(
    values: npt.NDArray[np.float64], start: npt.NDArray[np.float64], free: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """All pulls ``[n, 6]``; those numbers that are not free lie on the midline and are 0."""
    every = np.zeros(start.size)
    every[free] = values
    return every.reshape(start.shape)


def _drawn(
    pulls: npt.NDArray[np.float64], x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    total = np.zeros((*x.shape, 2))
    for px, py, dx, dy, sx, sy in pulls:
        total += np.exp(-0.5 * ((x - px) / sx) ** 2 - 0.5 * ((y - py) / sy) ** 2)[..., None] * (dx, dy)
    return total
