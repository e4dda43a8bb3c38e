"""Drawing on frames for the annotated video."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from app.errors import OutputError
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
# An event is told at most so many seconds after its onset, as far as the analysis has got by then.
_TOLD_AFTER_S: Final = 1.5
# Of held frames: next to nothing is lost that the video's own codec would have kept.
_QUALITY: Final = 95


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


@dataclass(frozen=True, slots=True)
class _Held:
    """A frame that is drawn later; compressed meanwhile, since ten seconds of pictures as they are would fill a GB."""

    time: float
    picture: npt.NDArray[np.uint8]
    faces: tuple[FaceState, ...]


class OverlaySink:
    """Writes the annotated video; it gets its name when it is whole.

    An analysis that looks ahead tells a movement long after it. Frames are held back until then, so that its label
    stands beside the face from the onset on. Without looking ahead it appears right after the movement, as it does
    live.

    Args:
        path: Matroska file to write.
        fps: Nominal rate; the frames' own time stamps are what counts.
        look_ahead: Seconds that the analysis looks ahead.
    """

    def __init__(self, path: Path, fps: float | None, look_ahead: float = 0.0) -> None:
        self._video = VideoSink(path, fps)
        self._delay = look_ahead + _TOLD_AFTER_S if look_ahead else 0.0
        self._held: deque[_Held] = deque()
        self._told: list[Event] = []

    def __enter__(self) -> OverlaySink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None or not issubclass(kind, OutputError):
                self._draw_until(math.inf)
        except OutputError as full:
            self._video.__exit__(OutputError, full, full.__traceback__)
            raise
        self._video.__exit__(kind, error, trace)

    def append(self, frame: Frame, faces: tuple[FaceState, ...]) -> None:
        """Adds a frame."""
        if not self._delay:
            self._draw(frame.time, frame.image, faces)
            return
        packed = cv2.imencode(".jpg", frame.image, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))[1]
        self._held.append(_Held(frame.time, np.asarray(packed, dtype=np.uint8), faces))
        self._draw_until(frame.time - self._delay)

    def tell(self, events: list[Event]) -> None:
        """Takes events; their labels are drawn on what is not drawn yet."""
        self._told += [event for event in events if event.is_micro]

    def _draw_until(self, time: float) -> None:
        while self._held and self._held[0].time <= time:
            held = self._held.popleft()
            self._draw(held.time, np.asarray(cv2.imdecode(held.picture, cv2.IMREAD_COLOR), dtype=np.uint8), held.faces)

    def _draw(self, time: float, image: Image, faces: tuple[FaceState, ...]) -> None:
        self._told = [event for event in self._told if time - event.spot.offset < _LABEL_S]
        shown = [event for event in self._told if event.spot.onset <= time]
        self._video.append(time, annotate(image, faces, shown))


def bgr(colour: str) -> tuple[int, int, int]:
    """``#rrggbb`` as blue, green, red."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return blue, green, red
