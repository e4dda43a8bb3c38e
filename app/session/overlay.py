"""Drawing on frames for the annotated video, and writing it at the original speed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final

import av
import av.error
import cv2
import numpy as np

from app.errors import OutputError
from app.session.files import naming
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

# Time stamps are kept to the microsecond, whatever the recording's own time base.
_TIME_BASE: Final = Fraction(1, 1_000_000)
# Seconds for which an event's label stays on the picture: long enough to read.
_LABEL_S: Final = 1.2


def annotate(image: Image, faces: tuple[FaceState, ...], recent: list[Event]) -> Image:
    """A copy of ``image`` with the faces' outlines and the labels of recent events."""
    picture = image.copy()
    labels = {event.face: event for event in recent}
    for state in faces:
        event = labels.get(state.face.track)
        guess = event.recognition if event else state.provisional
        colour = _bgr(EMOTION_COLOURS[guess.label if guess else "none"])
        outline: Points = state.face.landmarks[list(FACE_OVAL)]
        cv2.polylines(picture, [np.rint(outline).astype(np.int32)], True, colour, 1, cv2.LINE_AA)
        if event is not None and guess is not None:
            x, y = int(outline[:, 0].min()), max(20, int(outline[:, 1].min()) - 8)
            text = f"{guess.label} {guess.percent}%"
            cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 4, cv2.LINE_AA)
            cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, 1, cv2.LINE_AA)
    return picture


class OverlaySink:
    """Writes the annotated video; it gets its name when it is whole.

    A label can only be drawn once its event is known, so it appears right after the movement.

    Args:
        path: Matroska file to write.
        fps: Nominal rate; the frames' own time stamps are what counts.
    """

    def __init__(self, path: Path, fps: float | None) -> None:
        self.path = path
        self._partial = path.with_name(path.name + ".writing")
        self._recent: list[Event] = []
        self._stream: av.VideoStream | None = None
        self._fps = Fraction(fps or 30.0).limit_denominator(1001)
        self._size = (0, 0)
        with naming(path):
            try:
                self._container = av.open(str(self._partial), "w", format="matroska", options={"flush_packets": "1"})
            except av.error.FFmpegError as error:
                raise OSError(error.errno, error.strerror) from error

    def __enter__(self) -> OverlaySink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and issubclass(kind, OutputError):
            self._container.close()
            self._partial.unlink(missing_ok=True)
        else:
            self.close()

    def append(self, frame: Frame, faces: tuple[FaceState, ...], events: list[Event]) -> None:
        """Adds a frame with what is known when it was analysed."""
        self._recent = [e for e in self._recent if frame.time - e.spot.offset < _LABEL_S] + [
            e for e in events if e.is_micro
        ]
        image = annotate(frame.image, faces, self._recent)
        if self._stream is None:
            self._start(image)
        assert self._stream is not None
        if (image.shape[1], image.shape[0]) != self._size:
            image = np.asarray(cv2.resize(image, self._size), dtype=np.uint8)
        # Video with 4:2:0 chroma needs even sides.
        picture = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(image[: self._stream.height, : self._stream.width]), "bgr24"
        )
        picture.pts = round(frame.time / _TIME_BASE)
        picture.time_base = _TIME_BASE
        with naming(self.path):
            try:
                self._container.mux(self._stream.encode(picture))
            except av.error.FFmpegError as error:
                raise OSError(error.errno, error.strerror) from error

    def close(self) -> None:
        """Finishes the video and gives it its name."""
        with naming(self.path):
            try:
                if self._stream is not None:
                    self._container.mux(self._stream.encode(None))
                self._container.close()
            except av.error.FFmpegError as error:
                self._partial.unlink(missing_ok=True)
                raise OSError(error.errno, error.strerror) from error
            if self._stream is None:
                self._partial.unlink(missing_ok=True)
            else:
                self._partial.replace(self.path)

    def _start(self, image: Image) -> None:
        height, width = image.shape[:2]
        stream = self._container.add_stream("libx264", rate=self._fps)
        stream.width, stream.height = width - width % 2, height - height % 2
        stream.pix_fmt = "yuv420p"
        stream.time_base = _TIME_BASE
        stream.codec_context.time_base = _TIME_BASE
        stream.options = {"crf": "20", "preset": "veryfast"}
        self._stream, self._size = stream, (width, height)


def _bgr(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return blue, green, red
