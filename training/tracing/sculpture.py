"""A sculpted head seen from the front: its face in our coordinates, and how its skin moves there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from model.muscles import FaceAxes
from training.synthesis.portrait import faces_in
from training.tracing.mesh_files import Mesh, SculptureError

# Side of the picture in which the face is looked for, in pixels; the moving part of the face takes half of it.
_SIDE: Final = 768
_MOVING_SHARE: Final = 0.5
# Vertices that move less than this share of the farthest one do not tell where the face is.
_STILL: Final = 0.1
# Light from above, from the picture's right and from the viewer, and what is left in the shade.
_LIGHT: Final = np.array([0.30, 0.51, 0.81])
_AMBIENT: Final = 0.35
_SKIN: Final = np.array([150.0, 175.0, 215.0])
_EYE: Final = np.array([235.0, 235.0, 235.0])
_BACKGROUND: Final = (200, 190, 180)
# Sculpted folds are sharper than any optical flow: sd of the smoothing, pixels (about 2 % of a face's width).
_SMOOTHING_PX: Final = 6.0

GRID_X: Final = np.linspace(-1.1, 1.1, 45)
"""Columns of a traced field, in face coordinates."""
GRID_Y: Final = np.linspace(-0.35, 1.3, 34)
"""Rows of a traced field, in face coordinates."""


class SculptedHead:
    """A head whose face the program's own mesh has found.

    Args:
        mesh: The head at rest.
        shifts: How far each of its shapes moves every vertex, ``float64 [n, 3]`` each: they tell where the face is.
        skin: Groups of polygons that are skin; none: all.
        eyes: Groups that are eyeballs.

    Raises:
        SculptureError: If no face is found.
    """

    def __init__(
        self,
        mesh: Mesh,
        shifts: Sequence[npt.NDArray[np.float64]],
        skin: Sequence[str] = (),
        eyes: Sequence[str] = (),
    ) -> None:
        self._mesh = mesh
        moved = np.zeros(len(mesh.vertices), dtype=bool)
        for shift in shifts:
            lengths = np.linalg.norm(shift, axis=1)
            moved |= lengths > max(_STILL * lengths.max(), 1e-12)
        if not moved.any():
            raise SculptureError("No shape moves the head. Name the folder that holds its shapes.")
        face = mesh.vertices[moved]
        low, high = face.min(axis=0), face.max(axis=0)
        self._scale = _MOVING_SHARE * _SIDE / float((high - low)[:2].max())
        middle = (low + high) / 2
        self._points = np.column_stack(
            [
                (mesh.vertices[:, 0] - middle[0]) * self._scale + _SIDE / 2,
                (middle[1] - mesh.vertices[:, 1]) * self._scale + _SIDE / 2,
            ]
        )
        depth = [float(mesh.vertices[list(p), 2].mean()) for p in mesh.polygons]
        far_to_near = np.argsort(depth, kind="stable")
        # What lies farther back than the whole face is deep is another part of the body.
        behind = float(low[2] - (high - low)[2])
        visible = [int(i) for i in far_to_near if depth[i] > behind]
        self._skin = [i for i in visible if not skin or mesh.groups[i] in skin]
        self._eyes = {i for i in visible if mesh.groups[i] in eyes}
        shown = self._eyes.union(self._skin)
        self.picture = self._paint_picture([i for i in visible if i in shown])
        faces = faces_in(self.picture)
        if not faces:
            raise SculptureError(
                "No face was found on the head. It must look towards positive z with y up; name its skin with --skin "
                "and its eyeballs with --eyes if the mesh holds other parts."
            )
        self.landmarks = faces[0].landmarks
        self._axes = FaceAxes.of(self.landmarks)

    def field(self, shift: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
        """How the skin moves on the picture, at `GRID_X` and `GRID_Y`.

        Args:
            shift: ``float64 [n, 3]`` how far every vertex moves.

        Returns:
            ``float32 [34, 45, 2]`` in pixels of the picture along the face's axes: across, down.
        """
        painted = np.zeros((_SIDE, _SIDE, 3), dtype=np.float32)
        for i in self._skin:
            polygon = list(self._mesh.polygons[i])
            across, up, _ = shift[polygon].mean(axis=0) * self._scale
            cv2.fillConvexPoly(painted, self._outline(polygon), (float(across), float(-up), 1.0))
        smooth = cv2.GaussianBlur(painted, (0, 0), _SMOOTHING_PX)
        motion = smooth[..., :2] / np.maximum(smooth[..., 2:], 1e-3)
        x, y = np.meshgrid(GRID_X, GRID_Y)
        axes = self._axes
        places = axes.origin + x[..., None] * axes.half_width * axes.across + y[..., None] * axes.height * axes.down
        seen = cv2.remap(motion, places[..., 0].astype(np.float32), places[..., 1].astype(np.float32), cv2.INTER_LINEAR)
        return np.asarray(np.dstack([seen @ axes.across, seen @ axes.down]), dtype=np.float32)

    def _outline(self, polygon: list[int]) -> npt.NDArray[np.int32]:
        return np.asarray(np.round(self._points[polygon]), dtype=np.int32)

    def _paint_picture(self, polygons: list[int]) -> npt.NDArray[np.uint8]:
        picture = np.full((_SIDE, _SIDE, 3), _BACKGROUND, dtype=np.uint8)
        for i in polygons:
            polygon = list(self._mesh.polygons[i])
            corners = self._mesh.vertices[polygon]
            # A polygon's diagonals; a triangle's two edges.
            second = corners[-1] - corners[1] if len(polygon) > 3 else corners[1] - corners[0]
            normal = np.cross(corners[2] - corners[0], second)
            length = float(np.linalg.norm(normal))
            if length == 0.0:
                continue
            towards_us = normal / length * (1.0 if normal[2] >= 0 else -1.0)
            light = _AMBIENT + (1.0 - _AMBIENT) * max(0.0, float(towards_us @ _LIGHT))
            colour = _EYE if i in self._eyes else _SKIN * light
            cv2.fillConvexPoly(picture, self._outline(polygon), tuple(float(c) for c in colour), cv2.LINE_AA)
        return picture
