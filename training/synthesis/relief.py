"""The relief of a face: when the head turns, what is near shifts further than what is far."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from model.crop import Points

# Each place is interpolated from this many mesh points; those of the irises, which come last, are left out.
_NEIGHBOURS: Final = 24
_SKIN_POINTS: Final = 468
# The mesh's depth is a guess, and rough at the lips: how far the spline may miss a point, in pixels.
_SMOOTHING: Final = 1.0
# The spline is evaluated at every n-th pixel only; a face's relief is smooth.
_STEP: Final = 16


class Relief:
    """Depth of a portrait's pixels.

    Args:
        landmarks: ``float32 [478, 2]`` mesh in portrait pixels.
        depth: ``float32 [478]`` in portrait pixels, smaller is nearer.
        shape: Rows and columns of the portrait.
    """

    def __init__(self, landmarks: Points, depth: npt.NDArray[np.float32], shape: tuple[int, int]) -> None:
        self._points = landmarks[:_SKIN_POINTS].astype(np.float64)
        self._depth = depth[:_SKIN_POINTS].astype(np.float64)
        self._shape = shape

    def turned(
        self, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], turn: tuple[float, float]
    ) -> npt.NDArray[np.float32]:
        """Displacement of pixels when the head turns about its middle.

        Args:
            x: Columns ``[1, w]``.
            y: Rows ``[h, 1]``.
            turn: Degrees to the picture's right, and down.

        Returns:
            ``float32 [h, w, 2]`` in portrait pixels.
        """
        rows, columns = np.broadcast_arrays(y / _STEP, x / _STEP)
        grid = self._grid
        top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
        down, right = rows - top, columns - left
        depth = (grid[top, left] * (1 - right) + grid[top, left + 1] * right) * (1 - down) + (
            grid[top + 1, left] * (1 - right) + grid[top + 1, left + 1] * right
        ) * down
        yaw, pitch = np.deg2rad(turn)
        middle = self._points.mean(axis=0)
        across = -depth * np.sin(yaw) + (x - middle[0]) * (np.cos(yaw) - 1)
        upright = -depth * np.sin(pitch) + (y - middle[1]) * (np.cos(pitch) - 1)
        return np.asarray(np.stack([across, upright], axis=-1), dtype=np.float32)

    @cached_property
    def _grid(self) -> npt.NDArray[np.float64]:
        from scipy.interpolate import RBFInterpolator  # only here: it costs time at import

        spline = RBFInterpolator(
            self._points, self._depth, neighbors=_NEIGHBOURS, smoothing=_SMOOTHING, kernel="linear"
        )
        height, width = self._shape
        rows, columns = np.mgrid[0 : height + 2 * _STEP : _STEP, 0 : width + 2 * _STEP : _STEP]
        # Beyond the mesh a spline runs away: there the relief goes on as at the face's edge.
        places = np.clip(
            np.stack([columns.ravel(), rows.ravel()], axis=1), self._points.min(axis=0), self._points.max(axis=0)
        )
        depth = np.clip(spline(places.astype(np.float64)), self._depth.min(), self._depth.max())
        return np.asarray(depth.reshape(rows.shape))
