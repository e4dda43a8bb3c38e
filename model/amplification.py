"""Motion made larger for the eye: a picture in which the face has moved further than it did."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from model.crop import CROP_SIZE, Transform, face_radius, grey_crop
from model.flow import Field, FlowEstimator, rigid_motion, without_rigid
from model.frame import Image
from model.representation import FACE_MASK

# The flow is smoothed by this much (crop pixels) before it is multiplied: its noise would be, too.
_SMOOTHING_PX: Final = 2.0
# The flow's colour covers most where the skin has moved by so many crop pixels (3 % of the inter-ocular distance), by
# so much: the face under it stays visible.
_FULL_PX: Final = 1.5
_MOST_COVER: Final = 0.7
# The brightest colour of the attention stands for its maximum, but at least for so many times its mean, so that one
# that looks everywhere does not look pointed.
_LEAST_FULL_SCALE: Final = 1.8


def amplify(reference: Image, picture: Image, transform: Transform, factor: float, estimator: FlowEstimator) -> Image:
    """Moves the skin of a picture on along its way from a reference picture; the head's own motion stays as it is.

    Args:
        reference: ``uint8 [h, w, 3]`` the face at rest, for instance at the onset.
        picture: Of the same size.
        transform: From picture to crop pixels, of the reference's face.
        factor: 1 leaves the picture as it is; 10 shows ten times the motion.
        estimator: The optical flow.

    Returns:
        ``uint8 [h, w, 3]``; outside the face the picture is untouched.
    """
    if factor <= 1.0 or reference.shape != picture.shape:
        return picture
    skin, mask = _skin(reference, picture, transform, estimator)
    further = cv2.GaussianBlur(skin, (0, 0), _SMOOTHING_PX) * mask[..., None] * np.float32(factor - 1.0)
    # From crop to picture: displacements turn and grow with the transform's inverse.
    height, width = picture.shape[:2]
    inverse = np.linalg.inv(transform[:, :2])
    moved = further @ inverse.T.astype(np.float32)
    whole = cv2.warpAffine(
        np.ascontiguousarray(moved, dtype=np.float32), transform, (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_CONSTANT,
    )  # fmt: skip
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    x: npt.NDArray[np.float32] = columns - whole[..., 0]
    y: npt.NDArray[np.float32] = rows - whole[..., 1]
    return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)


def colour_flow(
    reference: Image, picture: Image, shown: Image, transform: Transform, estimator: FlowEstimator
) -> Image:
    """Paints where the skin has moved since a reference picture: the hue is the direction, the strength how far.

    Args:
        reference: ``uint8 [h, w, 3]`` the face at rest.
        picture: What is compared with it.
        shown: What is painted over, of the same size.
        transform: From picture to crop pixels, of the reference's face.
        estimator: The optical flow.
    """
    if reference.shape != picture.shape:
        return shown
    skin, mask = _skin(reference, picture, transform, estimator)
    length = np.hypot(skin[..., 0], skin[..., 1])
    # Hues turn clockwise from red (to the picture's right); OpenCV counts them in half degrees.
    angle = np.degrees(np.arctan2(skin[..., 1], skin[..., 0])) % 360
    hue = np.stack([angle / 2, np.full_like(angle, 255), np.full_like(angle, 255)], axis=-1).astype(np.uint8)
    colours = cv2.cvtColor(hue, cv2.COLOR_HSV2BGR).astype(np.float32)
    share = (np.clip(length / _FULL_PX, 0.0, 1.0) * mask * _MOST_COVER).astype(np.float32)
    return _over(shown, colours, share, transform)


def attention_level(attention: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
    """How brightly attention is shown, ``float32 [128, 128]`` over the crop, 0-1.

    Args:
        attention: ``[rows, columns]``, mean 1; below the mean it stays clear, so that the face under it can be seen.
    """
    fine = cv2.resize(attention.astype(np.float32), (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_CUBIC)
    face = np.clip((1.05 - face_radius(CROP_SIZE)) / 0.15, 0.0, 1.0)
    full = max(_LEAST_FULL_SCALE, float((fine * face).max()))
    return np.asarray(np.clip((fine - 1.0) / (full - 1.0), 0.0, 1.0) * face, dtype=np.float32)


def colour_attention(picture: Image, attention: npt.NDArray[np.floating[Any]], transform: Transform) -> Image:
    """Paints where the network looked over a face.

    Args:
        picture: ``uint8 [h, w, 3]``.
        attention: ``[rows, columns]`` over the crop, mean 1; what is below the mean stays clear.
        transform: From picture to crop pixels.
    """
    level = attention_level(attention)
    colours = cv2.applyColorMap((255 * level).astype(np.uint8), cv2.COLORMAP_VIRIDIS).astype(np.float32)
    return _over(picture, colours, (_MOST_COVER * np.sqrt(level)).astype(np.float32), transform)


def _over(
    picture: Image, colours: npt.NDArray[np.float32], share: npt.NDArray[np.float32], transform: Transform
) -> Image:
    """Covers a picture with colours ``[128, 128, 3]`` of the crop, each place by its share ``[128, 128]``."""
    height, width = picture.shape[:2]
    whole = cv2.warpAffine(
        np.dstack([colours * share[..., None], share]), transform, (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_CONSTANT,
    )  # fmt: skip
    return np.asarray(picture * (1.0 - whole[..., 3:]) + whole[..., :3], dtype=np.uint8)


def _skin(
    reference: Image, picture: Image, transform: Transform, estimator: FlowEstimator
) -> tuple[Field, npt.NDArray[np.float32]]:
    """Motion of the skin in crop pixels, and how much each place belongs to the face."""
    flow = estimator.between(grey_crop(reference, transform), grey_crop(picture, transform))
    mask = cv2.resize(FACE_MASK, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_LINEAR)
    return without_rigid(flow, rigid_motion(flow)), np.asarray(mask, dtype=np.float32)
