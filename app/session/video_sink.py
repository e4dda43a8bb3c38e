"""Writing a video at the speed of its pictures' own times."""

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
from model.frame import Image

# Time stamps are kept to the microsecond, whatever the recording's own time base.
_TIME_BASE: Final = Fraction(1, 1_000_000)


class VideoSink:
    """Writes pictures as a Matroska video; it gets its name when it is whole.

    Args:
        path: File to write.
        fps: Nominal rate; the pictures' own time stamps are what counts.
    """

    def __init__(self, path: Path, fps: float | None) -> None:
        self.path = path
        self._partial = path.with_name(path.name + ".writing")
        self._stream: av.VideoStream | None = None
        self._fps = Fraction(fps or 30.0).limit_denominator(1001)
        self._size = (0, 0)
        with naming(path):
            try:
                self._container = av.open(str(self._partial), "w", format="matroska", options={"flush_packets": "1"})
            except av.error.FFmpegError as error:
                raise OSError(error.errno, error.strerror) from error

    def __enter__(self) -> VideoSink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and issubclass(kind, OutputError):
            self._container.close()
            self._partial.unlink(missing_ok=True)
        else:
            self.close()

    def append(self, time: float, image: Image) -> None:
        """Adds a picture that is shown from ``time`` seconds on.

        Raises:
            OutputError: If it does not fit on the disk.
        """
        if self._stream is None:
            self._start(image)
        assert self._stream is not None
        if (image.shape[1], image.shape[0]) != self._size:
            image = np.asarray(cv2.resize(image, self._size), dtype=np.uint8)
        # Video with 4:2:0 chroma needs even sides.
        picture = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(image[: self._stream.height, : self._stream.width]), "bgr24"
        )
        picture.pts = round(time / _TIME_BASE)
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
