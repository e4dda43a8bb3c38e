"""The canonical face crop: one geometry for live use, training and pictures on screen.

The crop is a square of 128 px. In it the midpoints of the eyes lie at (40, 34) and (88, 34), so the inter-ocular
distance is 48 px; for the average face the mouth's centre lies near (64, 86) and the chin near (64, 121).
``x`` grows to the picture's right, that is to the subject's left.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from model.frame import Image

CROP_SIZE: Final = 128
INTER_OCULAR_PX: Final = 48.0
EYE_LINE_Y: Final = 34.0
CENTRE_X: Final = CROP_SIZE / 2

Transform = npt.NDArray[np.float64]
"""Similarity ``float64 [2, 3]`` from picture pixels to crop pixels."""

Points = npt.NDArray[np.float32]
"""``float32 [n, 2]``: x, y in pixels."""

# Points of the mesh that hardly move with the facial muscles: corners of the eyes, bridge of the nose.
# Their place in units of the inter-ocular distance, origin between the eyes, is the mean of 87 frontal neutral
# portraits (Face Research Lab London Set) measured with the same mesh and made symmetric.
_STABLE: Final[dict[int, tuple[float, float]]] = {
    33: (-0.726, -0.013),
    133: (-0.274, 0.013),
    362: (0.274, 0.013),
    263: (0.726, -0.013),
    168: (0.0, -0.094),
    6: (0.0, 0.024),
    193: (-0.120, -0.074),
    417: (0.120, -0.074),
    122: (-0.092, 0.050),
    351: (0.092, 0.050),
}
STABLE_LANDMARKS: Final = tuple(_STABLE)
_EYE_CORNERS: Final = [33, 133, 362, 263]

# Below this many crop pixels per picture pixel a plain bilinear warp skips picture rows and turns texture into
# noise; the picture is reduced by area first.
_MIN_WARP_SCALE: Final = 0.5


def to_crop(units: npt.ArrayLike) -> Points:
    """Points in inter-ocular distances, origin between the eyes, as crop pixels."""
    return np.asarray(np.asarray(units) * INTER_OCULAR_PX + (CENTRE_X, EYE_LINE_Y), dtype=np.float32)


STABLE_POINTS: Final[Points] = to_crop(list(_STABLE.values()))
"""``float32 [n, 2]``: where the stable points lie in the crop."""


def face_radius(size: int) -> npt.NDArray[np.float32]:
    """How far out on the face each pixel of a map lies that covers the crop.

    Args:
        size: Side of the map in pixels.

    Returns:
        ``float32 [size, size]``: 0 in the face's middle, 1 on an oval in which brows, jaw and chin of nearly every
        face lie.
    """
    centre = (np.arange(size) + 0.5) * CROP_SIZE / size
    x, y = (centre[None, :] - CENTRE_X) / INTER_OCULAR_PX, (centre[:, None] - EYE_LINE_Y) / INTER_OCULAR_PX
    return np.asarray(np.sqrt((x / 1.15) ** 2 + ((y - 0.65) / 1.4) ** 2), dtype=np.float32)


def inter_ocular_distance(landmarks: Points) -> float:
    """Distance in pixels between the midpoints of the two eyes (each midway between its corners)."""
    left_outer, left_inner, right_inner, right_outer = landmarks[_EYE_CORNERS]
    return float(np.hypot(*(right_inner + right_outer - left_outer - left_inner))) / 2


def fit_similarity(source: npt.NDArray[np.floating[Any]], target: npt.NDArray[np.floating[Any]]) -> Transform:
    """The similarity that carries ``source`` to ``target`` with the least squared error.

    Args:
        source: ``[n, 2]`` points.
        target: ``[n, 2]`` points.

    Returns:
        ``float64 [2, 3]``.
    """
    # Sums instead of means: on so few points numpy's own bookkeeping is most of the time, and every frame is fitted.
    centre_s, centre_t = source.sum(axis=0) / len(source), target.sum(axis=0) / len(target)
    s, t = (source - centre_s).astype(np.float64), (target - centre_t).astype(np.float64)
    spread = float(np.vdot(s, s)) or 1.0
    a = float(np.vdot(s, t)) / spread
    b = float(s[:, 0] @ t[:, 1] - s[:, 1] @ t[:, 0]) / spread
    linear = np.array([[a, -b], [b, a]])
    return np.column_stack([linear, centre_t - linear @ centre_s])


def crop_transform(landmarks: Points) -> Transform:
    """The transform that brings a face into the canonical crop.

    Args:
        landmarks: ``float32 [478, 2]`` face mesh in picture pixels.
    """
    return fit_similarity(landmarks[list(STABLE_LANDMARKS)], STABLE_POINTS)


def apply_transform(transform: Transform, points: npt.NDArray[np.floating[Any]]) -> Points:
    """``points`` ``[n, 2]`` carried by ``transform``."""
    return np.asarray(points @ transform[:, :2].T + transform[:, 2], dtype=np.float32)


def transform_shift(a: Transform, b: Transform) -> float:
    """The farthest that any corner of the crop lies apart under two transforms, in crop pixels."""
    corners = np.array([[0, 0], [CROP_SIZE, 0], [0, CROP_SIZE], [CROP_SIZE, CROP_SIZE]], dtype=np.float64)
    picture = (corners - a[:, 2]) @ np.linalg.inv(a[:, :2]).T
    return float(np.abs(picture @ b[:, :2].T + b[:, 2] - corners).max())


def warp_to_crop(image: Image, transform: Transform) -> Image:
    """Cuts the canonical crop out of a picture.

    Large faces are reduced by area first, so that sensor noise is averaged and not sampled.

    Args:
        image: ``uint8 [height, width, 3]``.
        transform: From picture to crop pixels.

    Returns:
        ``uint8 [128, 128, 3]``; what lies outside the picture repeats its edge.
    """
    scale = float(np.sqrt(abs(np.linalg.det(transform[:, :2]))))
    reduction = int(_MIN_WARP_SCALE / max(scale, 1e-6))
    if reduction >= 2:
        image, transform = _reduce_around_face(image, transform, reduction)
    crop = cv2.warpAffine(
        image, transform, (CROP_SIZE, CROP_SIZE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(crop, dtype=np.uint8)


def grey_crop(image: Image, transform: Transform) -> npt.NDArray[np.uint8]:
    """The same in grey, ``uint8 [128, 128]``."""
    return np.asarray(cv2.cvtColor(warp_to_crop(image, transform), cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def _reduce_around_face(image: Image, transform: Transform, reduction: int) -> tuple[Image, Transform]:
    inverse = cv2.invertAffineTransform(transform)
    corners = np.array([[0, 0], [CROP_SIZE, 0], [0, CROP_SIZE], [CROP_SIZE, CROP_SIZE]], dtype=np.float64)
    box = corners @ inverse[:, :2].T + inverse[:, 2]
    height, width = image.shape[:2]
    # The grid of the reduction is tied to the picture, not to the face, so that its phase stays put in time.
    x0, y0 = (max(0, int(v) // reduction - 1) * reduction for v in box.min(axis=0))
    x1, y1 = (
        min(size, (int(v) // reduction + 2) * reduction)
        for v, size in zip(box.max(axis=0), (width, height), strict=True)
    )
    x1, y1 = x0 + (x1 - x0) // reduction * reduction, y0 + (y1 - y0) // reduction * reduction
    if x1 <= x0 or y1 <= y0:
        return image, transform
    small = cv2.resize(
        image[y0:y1, x0:x1], ((x1 - x0) // reduction, (y1 - y0) // reduction), interpolation=cv2.INTER_AREA
    )
    # Centre of a reduced pixel r lies at picture pixel reduction * r + (reduction - 1) / 2 + origin.
    up = np.array(
        [[reduction, 0, x0 + (reduction - 1) / 2], [0, reduction, y0 + (reduction - 1) / 2], [0, 0, 1]],
        dtype=np.float64,
    )
    return np.asarray(small, dtype=np.uint8), np.asarray(transform @ up, dtype=np.float64)
