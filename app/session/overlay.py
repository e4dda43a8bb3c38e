"""Drawing on frames for the annotated video."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Final

import cv2
import numpy as np

from app.session.video_sink import VideoSink
from model.crop import Points
from model.events import Event
from model.frame import Frame, Image
from model.labels import EMOTION_COLOURS
from model.pipeline import FaceState

# Mesh points around the face.
FACE_OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip

# Seconds for which an event's label stays on the picture: long enough to read.
_LABEL_S: Final = 1.2


def annotate(image: Image, faces: tuple[FaceState, ...], recent: list[Event]) -> Image:
    """A copy of ``image`` with the faces' outlines and the labels of recent events."""
    picture = image.copy()
    labels = {event.face: event for event in recent}
    for state in faces:
        event = labels.get(state.face.track)
        guess = event.recognition if event else state.provisional
        colour = bgr(EMOTION_COLOURS[guess.label if guess else "none"])
        outline: Points = state.face.landmarks[list(FACE_OVAL)]
        cv2.polylines(picture, [np.rint(outline).astype(np.int32)], True, colour, 1, cv2.LINE_AA)
        if event is not None and guess is not None:
            x, y = int(outline[:, 0].min()), max(20, int(outline[:, 1].min()) - 8)
            text = f"{guess.label} {guess.percent}%"
            write_on(picture, text, (x, y), colour)
    return picture


def write_on(
    picture: Image, text: str, place: tuple[int, int], colour: tuple[int, int, int], size: float = 0.6
) -> None:
    """Writes on a picture, with a dark edge so that it can be read on any ground.

    Args:
        picture: Changed in place.
        text: Plain Latin letters.
        place: Lower left corner, pixels.
        colour: Blue, green, red.
        size: Of the letters.
    """
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), 4, cv2.LINE_AA)
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)


class OverlaySink:
    """Writes the annotated video; it gets its name when it is whole.

    A label can only be drawn once its event is known, so it appears right after the movement.

    Args:
        path: Matroska file to write.
        fps: Nominal rate; the frames' own time stamps are what counts.
    """

    def __init__(self, path: Path, fps: float | None) -> None:
        self._video = VideoSink(path, fps)
        self._recent: list[Event] = []

    def __enter__(self) -> OverlaySink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._video.__exit__(kind, error, trace)

    def append(self, frame: Frame, faces: tuple[FaceState, ...], events: list[Event]) -> None:
        """Adds a frame with what is known when it was analysed."""
        self._recent = [e for e in self._recent if frame.time - e.spot.offset < _LABEL_S] + [
            e for e in events if e.is_micro
        ]
        self._video.append(frame.time, annotate(frame.image, faces, self._recent))

    def close(self) -> None:
        """Finishes the video and gives it its name."""
        self._video.close()


def bgr(colour: str) -> tuple[int, int, int]:
    """``#rrggbb`` as blue, green, red."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return blue, green, red
