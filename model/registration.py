"""Optical flow from one anchor crop, exact where a fast dense flow is not: in the last tenths of a pixel.

Dense inverse search leaves off at half the resolution; here it only begins. The skin at a coarse grid of places is then
moved so that the crop lies on its anchor as well as it can, by least squares over every pixel (a free-form deformation,
Rueckert et al. 1999), in one Gauss-Newton step whose matrix depends on the anchor alone (the inverse compositional
trick, Baker and Matthews 2004). A membrane keeps places without texture with their neighbours; it is tied to the head,
which itself may go wherever it likes.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from model.crop import CENTRE_X, CROP_SIZE, EYE_LINE_Y, INTER_OCULAR_PX, face_radius
from model.flow import Field, FlowEstimator, rigid_field, rigid_motion

Grey = npt.NDArray[np.uint8]
_Array = npt.NDArray[np.float32]

# Lines of the grid across and down: 12.8 px apart, a quarter of the inter-ocular distance, as wide as muscles' fields
# are. With 17 lines the flow is no better and takes five times as long to prepare.
_LINES: Final = 11
# The membrane's stiffness, in squared grey levels: what the sensor's noise is worth against a difference of a tenth of
# a pixel between neighbouring places. Anything from 50 to 200 does.
_STIFFNESS: Final = 100.0
# Pulls places that see nothing at all to the head's motion, in the same unit.
_TIE: Final = 1.0
# The membrane holds a place back by no more than this, in the same unit: skin that goes far, as in a broad smile, may.
_STRONGEST_PULL: Final = 300.0
# Standard deviation of the smoothing before anything is compared, crop pixels: below it there is more noise than skin.
_SMOOTHING_PX: Final = 1.0
# Light that changes is no motion: the mean of a square of these sides (crop pixels) is taken off, and the whole crop is
# made as bright as the anchor.
_LIGHT_PX: Final = (17, 17)
# Differences in grey levels count no further than this: a lid that closes or a highlight is not skin that moves.
_MOST_DIFFERENT: Final = 4.0
# Weight of the pixels between the lids, where lashes, glances and blinks change the picture, and beside the face.
_EYES_WEIGHT: Final = 0.1
_BESIDE_WEIGHT: Final = 0.02
# The eyes' halves in inter-ocular distances, and how far soft edges reach, crop pixels.
_EYE: Final = (0.3, 0.16)
_EDGE_PX: Final = 1.5


def _hats() -> _Array:
    """What each line of the grid adds to each pixel, ``[128, lines]``: 1 on the line, 0 from the next one on."""
    lines = np.linspace(0, CROP_SIZE, _LINES) - 0.5
    distance = np.abs(np.arange(CROP_SIZE)[:, None] - lines) / (lines[1] - lines[0])
    return np.asarray(np.maximum(0.0, 1.0 - distance), dtype=np.float32)


def _weights() -> _Array:
    """How much each pixel says about the skin, ``[128, 128]``."""
    place = np.arange(CROP_SIZE)
    x, y = (place[None, :] - CENTRE_X) / INTER_OCULAR_PX, (place[:, None] - EYE_LINE_Y) / INTER_OCULAR_PX
    eyes = (np.abs(np.abs(x) - 0.5) < _EYE[0]) & (np.abs(y) < _EYE[1])
    weights = np.where(eyes, _EYES_WEIGHT, 1.0)
    weights[face_radius(CROP_SIZE) > 1.05] = _BESIDE_WEIGHT
    return np.asarray(cv2.GaussianBlur(weights.astype(np.float32), (0, 0), _EDGE_PX), dtype=np.float32)


def _membrane() -> _Array:
    """The stiffness matrix of one component, ``[lines², lines²]``."""
    one = np.eye(_LINES)
    steps = np.diff(one, axis=0)
    line = steps.T @ steps
    stiff = _STIFFNESS * (np.kron(line, one) + np.kron(one, line)) + _TIE * np.eye(_LINES**2)
    return np.asarray(stiff, dtype=np.float32)


_HATS: Final = _hats()
_REACHES: Final = np.outer(_HATS.sum(axis=0), _HATS.sum(axis=0))
# Of two lines only neighbours meet: products of each with itself and with the next.
_PRODUCTS: Final = np.concatenate([_HATS**2, _HATS[:, :-1] * _HATS[:, 1:]], axis=1)
_FIRST: Final = np.concatenate([np.arange(_LINES), np.arange(_LINES - 1)])
_SECOND: Final = np.concatenate([np.arange(_LINES), np.arange(1, _LINES)])
_WEIGHTS: Final = _weights()
_WEIGHT_AROUND: Final = cv2.blur(_WEIGHTS, _LIGHT_PX)
_MEMBRANE: Final = _membrane()
_PIXELS: Final = np.stack(np.meshgrid(np.arange(CROP_SIZE), np.arange(CROP_SIZE)), axis=-1).astype(np.float32)


class Registration:
    """Brings crops onto an anchor, all cut with the same transform.

    Args:
        anchor: ``uint8 [128, 128]`` grey crop.
        beginning: The flow that finds large motions.
    """

    def __init__(self, anchor: Grey, beginning: FlowEstimator) -> None:
        self._beginning = beginning
        smooth = _smooth(anchor)
        self._anchor = _rounded(smooth)
        self._brightness = float(smooth.mean())
        self._detail = _detail(smooth)
        right, down = (cv2.Sobel(self._detail, cv2.CV_32F, *way, ksize=3, scale=1 / 8) for way in ((1, 0), (0, 1)))
        self._slopes = np.stack([right, down])
        across = _normal(right * down)
        normal = np.block([[_normal(right * right) + _MEMBRANE, across], [across, _normal(down * down) + _MEMBRANE]])
        self._solve = np.linalg.inv(normal.astype(np.float32))

    def flow(self, crop: Grey) -> Field:
        """Motion from the anchor to ``crop`` ``uint8 [128, 128]``, in pixels (about 1 ms on one core)."""
        smooth = _smooth(crop)
        beginning = self._beginning.between(self._anchor, _rounded(smooth))
        head = rigid_field(rigid_motion(beginning))
        skin = _on_grid((beginning - head).transpose(2, 0, 1)) / _REACHES
        places = head + _PIXELS + _over(skin)
        detail = _detail(smooth) * np.float32(self._brightness / max(float(smooth.mean()), 1.0))
        seen = cv2.remap(detail, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
        off = np.clip(self._detail - seen, -_MOST_DIFFERENT, _MOST_DIFFERENT) * _WEIGHTS
        held = np.clip(skin.reshape(2, -1) @ _MEMBRANE, -_STRONGEST_PULL, _STRONGEST_PULL)
        pulls = _on_grid(self._slopes * off).ravel() - held.ravel()
        step = (self._solve @ pulls).reshape(skin.shape)
        return np.asarray(head + _over(skin + step), dtype=np.float32)


def _smooth(grey: Grey) -> _Array:
    return np.asarray(cv2.GaussianBlur(grey.astype(np.float32), (0, 0), _SMOOTHING_PX), dtype=np.float32)


def _rounded(smooth: _Array) -> Grey:
    return np.asarray(cv2.convertScaleAbs(smooth), dtype=np.uint8)


def _detail(smooth: _Array) -> _Array:
    """A picture less its slow changes of brightness."""
    return np.asarray(smooth - cv2.blur(_WEIGHTS * smooth, _LIGHT_PX) / _WEIGHT_AROUND, dtype=np.float32)


def _on_grid(components: _Array) -> _Array:
    """Sums ``float32 [2, lines, lines]`` of a field's components ``[2, 128, 128]`` at the places of the grid."""
    return np.asarray(_HATS.T @ components @ _HATS)


def _over(grid: _Array) -> Field:
    """What the places of the grid ``[2, lines, lines]`` give every pixel, ``[128, 128, 2]``."""
    return np.ascontiguousarray((_HATS @ grid @ _HATS.T).transpose(1, 2, 0))


def _normal(product: _Array) -> npt.NDArray[np.float64]:
    """One block ``[lines², lines²]`` of the normal equations, from products of the anchor's slopes ``[128, 128]``."""
    sums = _PRODUCTS.T @ (_WEIGHTS * product) @ _PRODUCTS
    block = np.zeros((_LINES,) * 4)
    for rows in ((_FIRST, _SECOND), (_SECOND, _FIRST)):
        for columns in ((_FIRST, _SECOND), (_SECOND, _FIRST)):
            block[rows[0][:, None], columns[0], rows[1][:, None], columns[1]] = sums
    return block.reshape(_LINES**2, _LINES**2)
