"""Recorded video through PyAV: true presentation time stamps, rotation, every codec that FFmpeg reads."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import av
import av.container
import av.error
import numpy as np

from app.errors import SourceError
from model.frame import Frame, Image

log = logging.getLogger(__name__)

# A recording with this many damaged packets in a row is given up.
_MAX_BAD_PACKETS: Final = 50


class VideoSource:
    """A recorded video file.

    Args:
        path: The file.
        name: What to call it; default the file's name.

    Raises:
        SourceError: If the file is missing, empty, no video, or has no picture.
    """

    live = False

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.path = path
        self.name = name or path.name
        self.warnings: list[str] = []
        self._container = _open(path)
        if not self._container.streams.video:
            self._container.close()
            raise SourceError(f"{path} has no picture, only sound. Choose a video file.")
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self.fps = float(self._stream.average_rate) if self._stream.average_rate else None
        self.frame_count = self._count()

    def frames(self) -> Iterator[Frame]:
        """Frames with their time stamps relative to the first one; damaged stretches are skipped and noted."""
        first: float | None = None
        last = -1.0
        index = 0
        for picture in self._decode():
            stamp = picture.time
            if stamp is None:
                stamp = (first or 0.0) + index / (self.fps or 30.0)
            if first is None:
                first = stamp
            time = float(stamp - first)
            if time <= last:
                # Broken muxers repeat a stamp; a frame without a time of its own cannot be measured.
                self._note(f"{self.name}: frames with repeated time stamps were left out.")
                index += 1
                continue
            last = time
            yield Frame(index, time, upright(picture))
            index += 1
        if index == 0:
            raise SourceError(
                f"{self.path} contains no readable picture; it may be damaged or cut off. Try another copy."
            )
        if self.frame_count is not None and index < 0.9 * self.frame_count:
            self._note(
                f"{self.name} ends early: {index} of about {self.frame_count} frames could be read. "
                "The file is cut off or damaged; results cover the readable part."
            )

    def close(self) -> None:
        self._container.close()

    def _decode(self) -> Iterator[av.VideoFrame]:
        bad = 0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
                pictures = packet.decode()
            except StopIteration:
                return
            except (av.error.EOFError, av.error.FFmpegError) as error:
                bad += 1
                self._note(f"{self.name} is damaged in places ({error.strerror}); the readable frames are used.")
                if bad > _MAX_BAD_PACKETS or isinstance(error, av.error.EOFError):
                    return
                continue
            bad = 0
            for picture in pictures:
                if isinstance(picture, av.VideoFrame):
                    yield picture

    def _count(self) -> int | None:
        if self._stream.frames:
            return int(self._stream.frames)
        duration = None
        if self._stream.duration is not None and self._stream.time_base is not None:
            duration = float(self._stream.duration * self._stream.time_base)
        elif self._container.duration is not None:
            duration = self._container.duration / 1e6
        return round(duration * self.fps) if duration and self.fps else None

    def _note(self, warning: str) -> None:
        if warning not in self.warnings:
            log.warning("%s", warning)
            self.warnings.append(warning)


def _open(path: Path) -> av.container.InputContainer:
    if not path.exists():
        raise SourceError(f"The file {path} does not exist. Check the name and whether its drive is connected.")
    if path.is_dir():
        raise SourceError(f"{path} is a folder, not a video file.")
    try:
        if path.stat().st_size == 0:
            raise SourceError(f"The file {path} is empty. Try another copy of the recording.")
        return av.open(str(path), "r", metadata_errors="replace")
    except PermissionError as error:
        raise SourceError(f"The file {path} may not be read: permission denied. Ask its owner for access.") from error
    except (av.error.FFmpegError, OSError) as error:
        raise SourceError(f"{path} is not a video that can be read ({error.strerror}). Choose another file.") from error


def upright(picture: av.VideoFrame) -> Image:
    """A decoded picture as it is meant to be seen, ``uint8 [h, w, 3]``."""
    image = np.asarray(picture.to_ndarray(format="bgr24"), dtype=np.uint8)
    quarter_turns = round(picture.rotation / 90) % 4
    if quarter_turns:
        image = np.ascontiguousarray(np.rot90(image, quarter_turns))
    return image
