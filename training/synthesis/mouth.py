"""Parting lips: the lower lip, jaw and chin move down and show the dark inside of the mouth."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from model.crop import Points

# Upper edge of the lower lip, from corner to corner; the chin.
_LOWER_LIP: Final = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
_CHIN: Final = 152
# The jaw's skin follows the lower lip and fades out this far below the chin (share of lip to chin).
_FADE: Final = 0.6
# How much wider than the mouth the moving part of the jaw is.
_JAW_WIDTH: Final = 1.9


class Mouth:
    """Opens the mouth of one roughly upright portrait by displacing its pixels.

    Args:
        landmarks: ``float32 [478, 2]`` mesh of the portrait.
        shape: Rows and columns of the portrait.
    """

    def __init__(self, landmarks: Points, shape: tuple[int, int]) -> None:
        height, width = shape
        lip = landmarks[list(_LOWER_LIP)].astype(np.float64)
        left, right = float(lip[0, 0]), float(lip[-1, 0])
        chin = float(landmarks[_CHIN, 1])
        half = (right - left) / 2
        self._columns = np.arange(width)
        edge = np.interp(self._columns, lip[:, 0], lip[:, 1])
        across = (self._columns - (left + right) / 2) / half
        self._opening = np.clip(1.0 - across**2, 0.0, None)
        self._jaw = np.exp(-0.5 * (across / _JAW_WIDTH) ** 2 * 2.0)
        self._edge = edge
        self._end = chin + _FADE * (chin - float(lip[:, 1].max()))
        self._top = max(0, int(edge.min()) - 1)
        self._bottom = min(height, int(self._end) + 1)

    def add_opening(
        self, displacement: npt.NDArray[np.float32], shadow: npt.NDArray[np.float32], opening: float
    ) -> None:
        """Adds the jaw's motion in place.

        Args:
            displacement: ``float32 [h, w, 2]`` as in `Eyelids.add_closure`.
            shadow: ``float32 [h, w]``, set to 1 where the inside of the mouth shows.
            opening: How far the lower lip has come down at the middle, in portrait pixels.
        """
        if opening <= 0.0:
            return
        rows = np.arange(self._top, self._bottom)[:, None].astype(np.float64)
        gap = opening * self._opening
        below = rows - (self._edge + gap)
        fade = np.clip(1.0 - below / np.maximum(self._end - self._edge - gap, 1.0), 0.0, 1.0)
        # Beside the mouth the skin moves with the jaw without tearing: it starts softly above the lip line.
        soft = 1.0 / (1.0 + np.exp(-below / (0.15 * (self._end - self._edge))))
        inside = self._opening > 0
        jaw = opening * self._jaw
        moved = np.where(inside, np.where(below > 0, gap + (jaw - gap) * (1 - fade), 0.0), jaw * soft) * fade
        displacement[self._top : self._bottom, :, 1] += moved.astype(np.float32)
        open_rows = np.clip(rows - self._edge + 0.5, 0.0, 1.0) * np.clip(0.5 - below, 0.0, 1.0)
        np.maximum(
            shadow[self._top : self._bottom],
            (open_rows * inside).astype(np.float32),
            out=shadow[self._top : self._bottom],
        )
