"""A blink: the upper lid slides over the eyeball, the skin above it stretches."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from model.crop import Points

# Mesh points of the lid margins from the outer to the inner corner, and of the lower edge of the brow.
_UPPER: Final = ((33, 246, 161, 160, 159, 158, 157, 173, 133), (263, 466, 388, 387, 386, 385, 384, 398, 362))
_LOWER: Final = ((33, 7, 163, 144, 145, 153, 154, 155, 133), (263, 249, 390, 373, 374, 380, 381, 382, 362))
_BROW: Final = ((46, 53, 52, 65, 55), (276, 283, 282, 295, 285))


class Eyelids:
    """Draws closed and half-closed eyes on one roughly upright portrait by displacing its pixels.

    Args:
        landmarks: ``float32 [478, 2]`` mesh of the portrait, eyes open.
    """

    def __init__(self, landmarks: Points) -> None:
        self._eyes = [
            _Eye(landmarks, upper, lower, brow) for upper, lower, brow in zip(_UPPER, _LOWER, _BROW, strict=True)
        ]

    def add_closure(self, displacement: npt.NDArray[np.float32], closure: tuple[float, float]) -> None:
        """Adds the lids' motion in place.

        Args:
            displacement: ``float32 [h, w, 2]``: where a pixel's content came from is the pixel less this.
            closure: Share of the opening that each upper lid has come down, 0-1, picture left first.
        """
        for eye, share in zip(self._eyes, closure, strict=True):
            if share > 0.0:
                eye.add_closure(displacement, min(share, 1.0))


class _Eye:
    def __init__(
        self, landmarks: Points, upper: tuple[int, ...], lower: tuple[int, ...], brow: tuple[int, ...]
    ) -> None:
        def edge(indices: tuple[int, ...]) -> npt.NDArray[np.float64]:
            points = landmarks[list(indices)].astype(np.float64)
            points = points[np.argsort(points[:, 0])]
            return np.interp(self.columns, points[:, 0], points[:, 1])

        corners = landmarks[[upper[0], upper[-1]], 0]
        self.columns = np.arange(int(np.ceil(corners.min())), int(np.floor(corners.max())) + 1)
        self.upper, self.lower, self.brow = edge(upper), edge(lower), edge(brow)
        self.brow = np.minimum(self.brow, self.upper - 2.0)
        self.top, self.bottom = int(self.brow.min()), int(np.ceil(self.lower.max())) + 1

    def add_closure(self, displacement: npt.NDArray[np.float32], share: float) -> None:
        rows = np.arange(self.top, self.bottom)[:, None].astype(np.float64)
        margin = self.upper + share * (self.lower - self.upper)
        # Skin between brow and lid margin is stretched evenly down to the margin's new place.
        stretch = (self.upper - self.brow) / np.maximum(margin - self.brow, 1e-6)
        source = self.brow + (rows - self.brow) * stretch
        skin = (rows > self.brow) & (rows <= margin)
        view = displacement[self.top : self.bottom, self.columns[0] : self.columns[-1] + 1, 1]
        view += np.where(skin, rows - source, 0.0).astype(np.float32)
