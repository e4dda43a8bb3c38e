"""How a frame of a review is looked at: as it is, with the motion since a key frame amplified, or with its flow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.sources.key_crops import read_key_crops
from app.sources.random_access import FrameReader
from model.amplification import amplify, colour_attention, colour_flow
from model.crop import CROP_SIZE, Transform, crop_transform
from model.face import largest_face
from model.flow import FlowEstimator
from model.frame import Image
from model.recognition import Recogniser
from model.representation import represent

Box = tuple[float, float, float, float]
"""Left, top, width and height in picture pixels."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is wanted.

    Attributes:
        keys: Indices of the chosen event's onset, apex and offset frames, None for no event. Motion is measured from
            the onset.
        factor: How many times the motion is shown; 1 as it is.
        flow: Paint the motion's direction and strength over the face.
        attention: Paint where the network looked in the key frame nearest to the shown one.
        face: Find the face, so that the view can zoom on it.
    """

    keys: tuple[int, int, int] | None = None
    factor: float = 1.0
    flow: bool = False
    attention: bool = False
    face: bool = False

    @property
    def plain(self) -> bool:
        """Whether the picture stays as it is."""
        return self.keys is None or (self.factor <= 1.0 and not self.flow and not self.attention)


class Looker:
    """Treats frames; used in one thread, since face mesh and flow keep scratch memory.

    Args:
        model: The network whose attention is shown.
        times: ``[n]`` seconds of the recording's frames.
    """

    def __init__(self, model: Path, times: npt.NDArray[np.float64]) -> None:
        self._model, self._times = model, times
        self._recogniser: Recogniser | None = None
        self._seen: dict[tuple[int, int, int], npt.NDArray[np.float32]] = {}
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
        image = filmed = reader.frame(index)
        if look.plain and not look.face:
            return image, None
        anchor = index if look.keys is None else look.keys[0]
        transform = self._face(reader, anchor)
        if transform is None:
            return image, None
        if look.keys is not None and not look.plain:
            rest = reader.frame(anchor)
            if look.factor > 1.0:
                image = amplify(rest, image, transform, look.factor, self._flow)
            if look.flow:
                image = colour_flow(rest, filmed, image, transform, self._flow)
            if look.attention:
                maps = self._attention(reader, look.keys, transform)
                nearest = int(np.abs(np.array(look.keys) - index).argmin())
                image = colour_attention(image, maps[nearest], transform)
        return image, _box(transform)

    def _attention(
        self, reader: FrameReader, keys: tuple[int, int, int], transform: Transform
    ) -> npt.NDArray[np.float32]:
        """Attention ``[3, rows, columns]`` of an event, as the program would look at it."""
        if keys not in self._seen:
            self._recogniser = self._recogniser or Recogniser(self._model)
            crops = read_key_crops(reader, self._times, keys, transform)
            self._seen[keys] = self._recogniser.recognise(represent(crops, self._flow)).spatial
        return self._seen[keys]

    def _face(self, reader: FrameReader, index: int) -> Transform | None:
        if index not in self._faces:
            face = largest_face(reader.frame(index))
            self._faces[index] = None if face is None else crop_transform(face.landmarks)
        return self._faces[index]


def _box(transform: Transform) -> Box:
    corners = np.array([[0, 0], [CROP_SIZE, 0], [0, CROP_SIZE], [CROP_SIZE, CROP_SIZE]], dtype=np.float64)
    picture = (corners - transform[:, 2]) @ np.linalg.inv(transform[:, :2]).T
    left, top = picture.min(axis=0)
    width, height = np.ptp(picture, axis=0)
    return float(left), float(top), float(width), float(height)
