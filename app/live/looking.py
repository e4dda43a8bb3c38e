"""How a frame of a review is looked at: as it is, with the motion since a key frame amplified, or with its flow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.sources.random_access import FrameReader
from model.amplification import amplify, colour_flow
from model.crop import CROP_SIZE, Transform, crop_transform
from model.face import FaceTracker
from model.flow import FlowEstimator
from model.frame import Frame, Image

Box = tuple[float, float, float, float]
"""Left, top, width and height in picture pixels."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is wanted.

    Attributes:
        reference: Index of the frame at rest that motion is measured from, None for none.
        factor: How many times the motion is shown; 1 as it is.
        flow: Paint the motion's direction and strength over the face.
        face: Find the face, so that the view can zoom on it.
    """

    reference: int | None = None
    factor: float = 1.0
    flow: bool = False
    face: bool = False

    @property
    def plain(self) -> bool:
        """Whether the picture stays as it is."""
        return self.reference is None or (self.factor <= 1.0 and not self.flow)


class Looker:
    """Treats frames; used in one thread, since face mesh and flow keep scratch memory."""

    def __init__(self) -> None:
        self._flow = FlowEstimator()
        self._faces: dict[int, Transform | None] = {}

    def treat(self, reader: FrameReader, index: int, look: Look) -> tuple[Image, Box | None]:
        """A frame as it is wanted, and where the face is in it, if that was asked.

        Args:
            reader: The recording.
            index: The frame.
            look: What is wanted.

        Raises:
            SourceError: If a frame cannot be read.
        """
        image = reader.frame(index)
        if look.plain and not look.face:
            return image, None
        anchor = index if look.reference is None else look.reference
        transform = self._face(reader, anchor)
        if transform is None:
            return image, None
        if not look.plain:
            rest = reader.frame(anchor)
            if look.factor > 1.0:
                image = amplify(rest, image, transform, look.factor, self._flow)
            if look.flow:
                image = colour_flow(rest, reader.frame(index), image, transform, self._flow)
        return image, _box(transform)

    def _face(self, reader: FrameReader, index: int) -> Transform | None:
        if index not in self._faces:
            with FaceTracker() as tracker:
                faces = tracker.track(Frame(index, 0.0, reader.frame(index)))
            largest = max(faces, key=lambda face: face.inter_ocular, default=None)
            self._faces[index] = None if largest is None else crop_transform(largest.landmarks)
        return self._faces[index]


def _box(transform: Transform) -> Box:
    corners = np.array([[0, 0], [CROP_SIZE, 0], [0, CROP_SIZE], [CROP_SIZE, CROP_SIZE]], dtype=np.float64)
    picture = (corners - transform[:, 2]) @ np.linalg.inv(transform[:, :2]).T
    left, top = picture.min(axis=0)
    width, height = np.ptp(picture, axis=0)
    return float(left), float(top), float(width), float(height)
