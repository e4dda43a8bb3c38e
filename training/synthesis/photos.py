"""Folders of portraits that a user owns: which photos can be used, and why the others cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np

from model.errors import FleetingError
from model.frame import Image
from model.muscles import Muscles
from training.synthesis.portrait import Portrait, PortraitError, faces_in

PICTURES: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})
# Fewer pixels between the eyes show no skin texture worth moving.
_SMALLEST_INTER_OCULAR_PX: Final = 40.0
# Another face counts as somebody else's if it is at least this large relative to the largest one.
_BYSTANDER: Final = 0.5
# A photo taller or wider than this is reduced: more pixels add cost and no texture that a webcam would show.
_LARGEST_SIDE: Final = 2000
# Beyond this roll in degrees a photo is turned upright: lids and lips are moved along the picture's rows.
_LEVEL: Final = 3.0
_EYES: Final = (33, 263)


class NoPortraitsError(FleetingError):
    """A folder holds no portrait."""


def photos_in(folder: Path) -> list[Path]:
    """The pictures of a folder in the order of their names.

    Raises:
        NoPortraitsError: If there are none.
    """
    files = sorted(p for p in folder.glob("*") if p.suffix.lower() in PICTURES) if folder.is_dir() else []
    if not files:
        raise NoPortraitsError(
            f"No portraits (.jpg, .png, ...) were found in {folder}. Name a folder with one frontal photo a person."
        )
    return files


def read_portrait(path: Path, muscles: Muscles) -> Portrait:
    """Reads a photo and finds its one face; a photo that lies on its side is turned upright.

    Args:
        path: Photo of one person, eight bits a channel, grey or colour.
        muscles: The muscle table.

    Raises:
        PortraitError: If the file is no picture, shows no face or several, or a face that is too small.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise PortraitError(f"{path} cannot be read as a picture. Remove it from the folder or save it again.")
    upright = _upright(_reduced(np.asarray(image, dtype=np.uint8)))
    if upright is None:
        raise PortraitError(f"No face was found in {path}. Use a frontal portrait with both eyes visible.")
    faces = faces_in(upright)
    largest = max((face.inter_ocular for face in faces), default=0.0)
    faces = [face for face in faces if face.inter_ocular >= _BYSTANDER * largest]
    if not faces:
        raise PortraitError(f"No face was found in {path}. Use a frontal portrait with both eyes visible.")
    if len(faces) > 1:
        raise PortraitError(f"{path} shows {len(faces)} faces. Cut it so that one person is left.")
    if largest < _SMALLEST_INTER_OCULAR_PX:
        raise PortraitError(
            f"The face in {path} is too small: {largest:.0f} pixels between the eyes, "
            f"{_SMALLEST_INTER_OCULAR_PX:.0f} are needed. Use a larger photo."
        )
    return Portrait(upright, faces[0].landmarks, faces[0].depth, muscles)


def _reduced(image: Image) -> Image:
    shrink = _LARGEST_SIDE / max(image.shape[:2])
    if shrink >= 1:
        return image
    return np.asarray(cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _upright(image: Image) -> Image | None:
    """``image`` turned so that the eyes lie level; None if no face is found whichever way it is held."""
    for quarter in range(4):
        held = np.ascontiguousarray(np.rot90(image, quarter))
        faces = faces_in(held)
        if not faces:
            continue
        face = max(faces, key=lambda f: f.inter_ocular)
        across = face.landmarks[_EYES[1]] - face.landmarks[_EYES[0]]
        roll = float(np.degrees(np.arctan2(across[1], across[0])))
        if abs(roll) < _LEVEL:
            return held
        return _turned(held, roll)
    return None


def _turned(image: Image, degrees: float) -> Image:
    """Turned about its middle on a canvas that holds all of it."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = abs(turn[0, 0]), abs(turn[0, 1])
    size = (int(width * cos + height * sin), int(width * sin + height * cos))
    turn[0, 2] += (size[0] - width) / 2
    turn[1, 2] += (size[1] - height) / 2
    turned = cv2.warpAffine(image, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, dtype=np.uint8)
