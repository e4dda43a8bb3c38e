"""A shift of gaze: the iris slides between the lids, which stay where they are."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from model.crop import Points

# Mesh points of each iris (centre, then its rim), picture left first, and of the lids around it.
_IRIS: Final = ((468, 469, 470, 471, 472), (473, 474, 475, 476, 477))
_LIDS: Final = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
)
# The white of the eye around the iris is dragged along up to this many iris radii; further out nothing moves.
_REACH: Final = 2.2
# Width of the soft edge at the lids, in iris radii, so that no pixel is torn.
_LID_EDGE: Final = 0.25


class Gaze:
    """Turns the eyes of one portrait by displacing its pixels.

    Args:
        landmarks: ``float32 [478, 2]`` mesh of the portrait, eyes open.
        shape: Rows and columns of the portrait.
    """

    def __init__(self, landmarks: Points, shape: tuple[int, int]) -> None:
        self._eyes: list[tuple[slice, slice, npt.NDArray[np.float32]]] = []
        for iris, lids in zip(_IRIS, _LIDS, strict=True):
            centre = landmarks[iris[0]].astype(np.float64)
            radius = max(float(np.linalg.norm(landmarks[list(iris[1:])] - centre, axis=1).mean()), 1.0)
            low = np.maximum(np.floor(centre - _REACH * radius), 0).astype(int)
            high = np.minimum(np.ceil(centre + _REACH * radius).astype(int) + 1, shape[::-1])
            x, y = np.arange(low[0], high[0])[None, :], np.arange(low[1], high[1])[:, None]
            far = np.hypot(x - centre[0], y - centre[1]) / radius
            share = np.clip((_REACH - far) / (_REACH - 1.0), 0.0, 1.0) * _inside(landmarks[list(lids)], x, y, radius)
            self._eyes.append((slice(low[1], high[1]), slice(low[0], high[0]), share.astype(np.float32)))

    def add_shift(self, displacement: npt.NDArray[np.float32], shift: tuple[float, float]) -> None:
        """Adds the irises' motion in place.

        Args:
            displacement: ``float32 [h, w, 2]``: where a pixel's content came from is the pixel less this.
            shift: How far the irises have moved to the picture's right and down, in portrait pixels.
        """
        for rows, columns, share in self._eyes:
            displacement[rows, columns] += share[..., None] * np.array(shift, dtype=np.float32)


def _inside(lids: Points, x: npt.NDArray[np.int64], y: npt.NDArray[np.int64], radius: float) -> npt.NDArray[np.float64]:
    """1 between the lids, 0 outside, with a soft edge."""
    half = len(lids) // 2

    def edge(points: Points) -> npt.NDArray[np.float64]:
        ordered = points[np.argsort(points[:, 0])].astype(np.float64)
        return np.interp(x[0], ordered[:, 0], ordered[:, 1])[None, :]

    upper, lower = edge(lids[: half + 1]), edge(np.vstack([lids[half:], lids[:1]]))
    depth = np.minimum(y - upper, lower - y)
    return np.clip(depth / (_LID_EDGE * radius), 0.0, 1.0)
