"""Any frame of a recording, exactly: by its time stamp, never by its number times a rate."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

import av
import av.error
import cv2
import numpy as np
import numpy.typing as npt

from app.errors import SourceError
from app.sources.images import picture_files
from app.sources.video import upright
from model.frame import Image

# Decoded frames that are kept: stepping back and forth around an event then costs nothing. 720p takes 2.8 MB a frame.
_KEPT_BYTES: Final = 100_000_000
# Of the frames that are decoded on the way to one, so many before it are turned into pictures, which costs more than
# decoding them: enough to step back a little.
_BEFORE: Final = 8
# Two time stamps closer than this (seconds), and than this share of the shortest interval, are the same frame's:
# containers round time stamps to a millisecond.
_SAME_S: Final = 2e-3
_SAME_SHARE: Final = 0.4
# Further ahead than so many frames a jump to the key frame before is cheaper than decoding on.
_DECODE_ON: Final = 24


class FrameReader(Protocol):
    """Gives frames by their index in the analysis."""

    def frame(self, index: int) -> Image:
        """A picture ``uint8 [h, w, 3]``.

        Raises:
            SourceError: If it cannot be read any more.
        """

    def close(self) -> None:
        """Lets go of the file."""


def open_frames(path: Path, times: npt.NDArray[np.float64]) -> FrameReader:
    """A reader of a recording's frames.

    Args:
        path: Video file, or folder of numbered pictures.
        times: ``[n]`` seconds of each frame from the first, as the analysis saw them.

    Raises:
        SourceError: If it cannot be opened.
    """
    return PictureReader(path, times) if path.is_dir() else VideoReader(path, times)


class VideoReader:
    """Frames of a video file."""

    def __init__(self, path: Path, times: npt.NDArray[np.float64]) -> None:
        self._path, self._times = path, times
        self._kept: OrderedDict[int, Image] = OrderedDict()
        self._bytes = 0
        try:
            self._container = av.open(str(path), metadata_errors="replace")
            self._stream = self._container.streams.video[0]
            self._stream.thread_type = "AUTO"
        except (av.error.FFmpegError, OSError, IndexError) as error:
            raise SourceError(
                f"The recording {path} cannot be opened ({error}). If it was moved, say where it lies now."
            ) from error
        self._coming = self._decode()
        self._next = 0
        self._first: float | None = None
        shortest = float(np.diff(times).min()) if len(times) > 1 else _SAME_S
        self._same = min(_SAME_S, _SAME_SHARE * shortest)

    def frame(self, index: int) -> Image:
        kept = self._kept.get(index)
        if kept is not None:
            self._kept.move_to_end(index)
            return kept
        if not 0 <= index < len(self._times):
            raise SourceError(f"{self._path} has no frame {index}; it has {len(self._times)}.")
        try:
            if self._first is None:
                self._learn_first()
            if not self._next <= index <= self._next + _DECODE_ON:
                self._jump(index)
            found = self._decode_to(index)
            if found is None:  # an index that leads astray: from the beginning, then
                self._jump(0)
                found = self._decode_to(index)
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(f"Frame {index} of {self._path} cannot be read ({error}).") from error
        if found is None:
            raise SourceError(
                f"Frame {index} of {self._path} is not there any more; the file was changed since it was analysed."
            )
        return found

    def close(self) -> None:
        self._container.close()
        self._kept.clear()

    def _learn_first(self) -> None:
        self._first, picture = next(self._coming)
        self._keep(0, upright(picture))
        self._next = 1

    def _jump(self, index: int) -> None:
        """To the key frame at or before a frame."""
        assert self._first is not None
        assert self._stream.time_base is not None
        # A little early: some containers round their time stamps.
        target = self._first + float(self._times[index]) - self._same
        self._container.seek(max(0, int(target / self._stream.time_base)), stream=self._stream, backward=True)
        self._coming = self._decode()

    def _decode_to(self, index: int) -> Image | None:
        assert self._first is not None
        wanted = float(self._times[index])
        for stamp, picture in self._coming:
            time = stamp - self._first
            if time > wanted + self._same and index:
                return None
            here = int(np.searchsorted(self._times, time - self._same))
            if here < len(self._times) and abs(self._times[here] - time) <= self._same:
                self._next = here + 1
                if here < index - _BEFORE:
                    continue
                image = self._keep(here, upright(picture))
                if here == index:
                    return image
        return None

    def _decode(self) -> Iterator[tuple[float, av.VideoFrame]]:
        for packet in self._container.demux(self._stream):
            try:
                pictures = packet.decode()
            except av.error.FFmpegError:
                continue  # a damaged stretch: the analysis left it out, too
            for picture in pictures:
                if isinstance(picture, av.VideoFrame) and picture.time is not None:
                    yield float(picture.time), picture

    def _keep(self, index: int, image: Image) -> Image:
        if index in self._kept:
            return image
        self._kept[index] = image
        self._bytes += image.nbytes
        while self._bytes > _KEPT_BYTES and len(self._kept) > 1:
            _, old = self._kept.popitem(last=False)
            self._bytes -= old.nbytes
        return image


class PictureReader:
    """Pictures of a folder."""

    def __init__(self, folder: Path, times: npt.NDArray[np.float64]) -> None:
        self._files = picture_files(folder)
        self._steps = (
            np.rint(times / max(float(np.median(np.diff(times))), 1e-9)).astype(int) if len(times) > 1 else [0]
        )

    def frame(self, index: int) -> Image:
        path = self._files[int(self._steps[index])]
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            raise SourceError(f"{path} cannot be read any more.")
        return np.asarray(image, dtype=np.uint8)

    def close(self) -> None:
        """Nothing stays open between frames."""
