"""Optical flow on the canonical crop, freed of head motion, and its optical strain."""

from __future__ import annotations

import threading
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from model.crop import CENTRE_X, CROP_SIZE, EYE_LINE_Y, INTER_OCULAR_PX, Points

Field = npt.NDArray[np.float32]
"""Displacement field ``float32 [height, width, 2]`` (u to the right, v down)."""

# The head's motion is read from the flow averaged over cells of this many crop pixels: wide enough to quiet the
# sensor's noise, narrow enough to keep muscles apart.
_CELL_PX: Final = 8
_REWEIGHTINGS: Final = 5
# A cell off the common motion by much more than this many crop pixels (0.3 % of the inter-ocular distance) is moved
# by a muscle and does not vote on the head's motion.
_CELL_TOLERANCE_PX: Final = 0.15
# A rough flow: gradient descents of each patch (the preset has 25), pixels from one patch to the next (3), and rounds
# of smoothing (5).
_ROUGH_DESCENTS: Final = 8
_ROUGH_STRIDE_PX: Final = 4
_ROUGH_REFINEMENTS: Final = 3


class FlowEstimator:
    """Dense inverse search flow (Kroeger et al. 2016) at preset MEDIUM: 1 to 2 ms for a crop on one core.

    Threads may share one: each gets its own scratch memory. Faster presets err by as much as a micro-expression moves.

    Args:
        rough: Leave out what only matters in the last tenths of a pixel: half the time, enough to begin with.
    """

    def __init__(self, *, rough: bool = False) -> None:
        self._rough = rough
        self._scratch = threading.local()

    def between(self, before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8]) -> Field:
        """Motion from ``before`` to ``after`` (both grey ``uint8 [h, w]``), in pixels."""
        dis: cv2.DISOpticalFlow | None = getattr(self._scratch, "dis", None)
        if dis is None:
            dis = self._scratch.dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
            if self._rough:
                dis.setGradientDescentIterations(_ROUGH_DESCENTS)
                dis.setPatchStride(_ROUGH_STRIDE_PX)
                dis.setVariationalRefinementIterations(_ROUGH_REFINEMENTS)
        # The empty flow is OpenCV's "no initial guess"; its stubs do not know it.
        return np.asarray(dis.calc(before, after, None), dtype=np.float32)  # type: ignore[call-overload]


def _voting_cells() -> npt.NDArray[np.bool_]:
    """Cells ``bool [16, 16]`` of the crop on the face's skin, less the eyes (gaze, lids) and the mouth (speech)."""
    centre = (np.arange(CROP_SIZE // _CELL_PX) + 0.5) * _CELL_PX
    x, y = (centre[None, :] - CENTRE_X) / INTER_OCULAR_PX, (centre[:, None] - EYE_LINE_Y) / INTER_OCULAR_PX
    face = (x / 1.0) ** 2 + ((y - 0.6) / 1.15) ** 2 < 1.0
    eyes = (np.abs(np.abs(x) - 0.5) < 0.35) & (np.abs(y) < 0.2)
    mouth = (np.abs(x) < 0.6) & (np.abs(y - 1.1) < 0.3)
    return np.asarray(face & ~eyes & ~mouth)


def face_depth(x: npt.NDArray[np.floating[Any]], y: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """How far places of the average face lie behind its middle, in crop pixels; the nose is nearest.

    A smooth surface with a nose, fitted to the mean depth that the mesh gives 40 neutral portraits (root mean square
    error 0.09 of the inter-ocular distance, where depth itself varies by 0.26).

    Args:
        x: Places across, crop pixels.
        y: Places down, crop pixels.
    """
    across, down = (x - CENTRE_X) / INTER_OCULAR_PX, (y - EYE_LINE_Y) / INTER_OCULAR_PX
    nose = np.exp(-((across / 0.23) ** 2) - ((down - 0.46) / 0.244) ** 2)
    head = 0.12 * across**2 + 0.41 * across**4 + 0.32 * across**2 * down - 0.17 * down + 0.07 * down**2 - 0.07
    return np.asarray((head - 0.54 * nose) * INTER_OCULAR_PX, dtype=np.float64)


def _design(x: npt.NDArray[np.floating[Any]], y: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """What each parameter of the head's motion does to u and v at given places, ``[..., 2, 6]``."""
    across, down, depth = x - CROP_SIZE / 2, y - CROP_SIZE / 2, face_depth(x, y)
    one, none = np.ones_like(depth), np.zeros_like(depth)
    return np.stack(
        [
            np.stack([across, -down, one, none, depth, none], axis=-1),
            np.stack([down, across, none, one, none, depth], axis=-1),
        ],
        axis=-2,
    )


def _cells() -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """The voting cells and their design, ``[cells, 2, 6]``."""
    cells = _voting_cells()
    rows, columns = np.nonzero(cells)
    # A cell's middle in pixel coordinates: pixel 0 has its middle at 0, so a cell of 8 px at 3.5.
    x, y = ((cell + 0.5) * _CELL_PX - 0.5 for cell in (columns, rows))
    return cells, _design(x, y)


_CELLS, _DESIGN = _cells()
# What a cell adds to the normal equations by its place alone, ``[cells, 36]``: a frame only weights and sums it.
_NORMALS: Final = np.einsum("cai,caj->cij", _DESIGN, _DESIGN).reshape(len(_DESIGN), -1)
# The design of the whole crop, a row for u and one for v of each pixel: one product gives the head's whole field.
_PIXELS: Final = (
    _design(*np.meshgrid(np.arange(CROP_SIZE), np.arange(CROP_SIZE))).reshape(-1, _DESIGN.shape[2]).astype(np.float32)
)


def rigid_motion(flow: Field) -> npt.NDArray[np.float64]:
    """The motion of the head: the one that most of the face shares.

    Shift, roll, approach, and the parallax of a small turn: what is near shifts further than what is far. A
    micro-expression moves a small part of the face, so the cells that disagree with the rest (it, a blink, a syllable)
    are left out by re-weighted least squares with Geman and McClure's weights.

    Args:
        flow: ``float32 [128, 128, 2]`` in pixels of the canonical crop.

    Returns:
        ``float64 [6]``: (a, b, c, d, e, f) of u = a x - b y + c + e z, v = b x + a y + d + f z, with x, y from the
        crop's centre and z the depth of the average face.
    """
    side = CROP_SIZE // _CELL_PX
    at = cv2.resize(flow, (side, side), interpolation=cv2.INTER_AREA)[_CELLS].astype(np.float64)
    # Twice as fast as the median itself, and as good here: the upper one of the two in the middle.
    middle = len(at) // 2
    motion = np.zeros(_DESIGN.shape[2])
    motion[2:4] = np.partition(at, middle, axis=0)[middle]
    pulls = np.einsum("cai,ca->ci", _DESIGN, at)
    for round_ in range(_REWEIGHTINGS):
        off = at - _DESIGN @ motion
        squares = (off * off).sum(axis=1)
        # The first rounds tolerate more, so that a turn of the head is found from the shift alone.
        typical = float(np.partition(squares, middle)[middle]) ** 0.5 * (2.0 if round_ < 2 else 1.0)
        weights = (1.0 + squares / max(_CELL_TOLERANCE_PX, typical) ** 2) ** -2
        motion = np.linalg.solve((weights @ _NORMALS).reshape(len(motion), -1), weights @ pulls)
    return np.asarray(motion, dtype=np.float64)


def rigid_field(motion: npt.NDArray[np.float64]) -> Field:
    """The head's ``motion`` at every pixel of the crop, ``float32 [128, 128, 2]``."""
    return np.asarray((_PIXELS @ motion.astype(np.float32)).reshape(CROP_SIZE, CROP_SIZE, 2))


def without_rigid(flow: Field, motion: npt.NDArray[np.float64]) -> Field:
    """``flow`` ``float32 [128, 128, 2]`` less the head's motion."""
    return np.asarray(flow - rigid_field(motion), dtype=np.float32)


class FlowProbe:
    """Reads flow at fixed places of the crop, so that all that depends on the places alone is worked out once.

    Args:
        centres: ``float32 [n, 2]`` places in crop pixels.
        box: Side in pixels of the square around each that is averaged; beyond the crop its edge counts on.
    """

    def __init__(self, centres: Points, box: int) -> None:
        reach = np.arange(box) - box // 2
        columns, rows = (
            np.clip(np.rint(centres[:, axis, None]).astype(int) + reach, 0, CROP_SIZE - 1) for axis in (0, 1)
        )
        self._pixels = (rows[:, :, None] * CROP_SIZE + columns[:, None, :]).reshape(len(centres), -1)
        self._design = _design(centres[:, 0], centres[:, 1])

    def read(self, flow: Field) -> npt.NDArray[np.float64]:
        """Mean of ``flow`` ``float32 [128, 128, 2]`` in each square, ``[n, 2]``."""
        # As complex numbers u and v are fetched and summed in one go.
        means = flow.view(np.complex64).ravel()[self._pixels].mean(axis=1)
        return np.stack([means.real, means.imag], axis=1, dtype=np.float64)

    def rigid(self, motion: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Displacement ``[n, 2]`` of the places by the head's ``motion``."""
        return np.asarray(self._design @ motion, dtype=np.float64)


def optical_strain(field: Field) -> npt.NDArray[np.float32]:
    """Strength of the skin's deformation, sqrt(u_x² + v_y² + ½(u_y + v_x)²), ``float32 [h, w]``, unitless.

    Args:
        field: Displacement in pixels of its own grid.
    """
    u_y, u_x = np.gradient(field[..., 0])
    v_y, v_x = np.gradient(field[..., 1])
    return np.asarray(np.sqrt(u_x**2 + v_y**2 + 0.5 * (u_y + v_x) ** 2), dtype=np.float32)
