"""Small pictures of events' faces for a report, clear or blurred beyond recognition."""

from __future__ import annotations

import base64
from typing import Final, Literal

import cv2
import numpy as np

from app.session.exports.material import Material
from app.sources.random_access import FrameReader
from model.crop import crop_transform, warp_to_crop
from model.face import largest_face
from model.frame import Image

Thumbnails = Literal["none", "blurred", "clear"]
KINDS: Final[tuple[Thumbnails, ...]] = ("none", "blurred", "clear")
_SIDE: Final = 72
# Of the crop of 128 px: eyes and mouth can still be told apart, a person cannot.
_BLUR_PX: Final = 9.0
_QUALITY: Final = 85


def thumbnails(material: Material, reader: FrameReader, kind: Thumbnails) -> list[str]:
    """A JPEG (base64) of each entry's apex, in the entries' order; empty where no face is seen.

    Args:
        material: The recording.
        reader: Its frames.
        kind: ``blurred`` or ``clear``; ``none`` gives empty ones.

    Raises:
        SourceError: If a frame cannot be read.
    """
    known: dict[int, str] = {}
    for entry in material.entries if kind != "none" else ():
        index = material.analysis.frame_at(entry.apex)
        if index not in known:
            known[index] = _packed(reader.frame(index), blurred=kind == "blurred")
    return [known.get(material.analysis.frame_at(entry.apex), "") for entry in material.entries]


def _packed(picture: Image, *, blurred: bool) -> str:
    face = largest_face(picture)
    if face is None:
        return ""
    crop = warp_to_crop(picture, crop_transform(face.landmarks))
    if blurred:
        crop = np.asarray(cv2.GaussianBlur(crop, (0, 0), _BLUR_PX), dtype=np.uint8)
    small = cv2.resize(crop, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return base64.b64encode(jpeg.tobytes()).decode()
