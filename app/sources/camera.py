"""A camera through OpenCV, watched for the ways in which cameras fail."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from app.errors import SourceError
from model.frame import Frame

# OpenCV goes on returning the last picture after a camera was unplugged. A sensor's noise never repeats, so
# pictures that are equal to the last bit for this long (seconds) mean that the camera is gone.
_FROZEN_AFTER_S: Final = 2.0
# A driver may miss a picture now and then; this many in a row mean that it stopped.
_MAX_MISSES: Final = 10
# Cameras probed where the system offers no list of names.
_PROBED_INDICES: Final = 4


class CameraDevice(Protocol):
    """The part of ``cv2.VideoCapture`` that is used; tests script one of their own."""

    def isOpened(self) -> bool: ...  # noqa: N802 - OpenCV's name
    def read(self) -> tuple[bool, Any]: ...
    def get(self, prop: int, /) -> float: ...
    def set(self, prop: int, value: float, /) -> bool: ...
    def release(self) -> None: ...


OpenDevice = Callable[[int, int], CameraDevice]


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A camera that can be chosen.

    Attributes:
        name: As the system calls it.
        index: OpenCV's index.
        backend: OpenCV's backend number, 0 for any.
    """

    name: str
    index: int
    backend: int = 0


def list_cameras() -> list[CameraInfo]:
    """The cameras of this computer by name; opens none of them."""
    with contextlib.suppress(Exception):  # a broken driver of one camera must not hide the program
        from cv2_enumerate_cameras import enumerate_cameras

        found: dict[str, CameraInfo] = {}
        for camera in enumerate_cameras(_preferred_backend()):
            # One camera may have several nodes; the first is the picture.
            found.setdefault(str(camera.name), CameraInfo(str(camera.name), int(camera.index), int(camera.backend)))
        return list(found.values())
    return []


def find_camera(text: str) -> CameraInfo:
    """The camera that ``text`` names: an index, or (a part of) a name.

    Raises:
        SourceError: If no camera has that name.
    """
    if text.isdigit():
        return CameraInfo(f"Camera {text}", int(text))
    cameras = list_cameras()
    for camera in cameras:
        if text.casefold() in camera.name.casefold():
            return camera
    known = ", ".join(c.name for c in cameras) or "none was found"
    raise SourceError(f"No camera is called '{text}'. Cameras here: {known}. Connect it, or choose another.")


class CameraSource:
    """Frames of a camera with the time at which they were taken.

    Args:
        camera: Which one.
        open_device: Opens (index, backend); replaced in tests.
        clock: Seconds, monotonic; replaced in tests.
        size: Width and height to ask for.
        fps: Rate to ask for.

    Raises:
        SourceError: If the camera is absent, in use, or not permitted.
    """

    live = True

    def __init__(
        self,
        camera: CameraInfo,
        open_device: OpenDevice | None = None,
        clock: Callable[[], float] = time.monotonic,
        size: tuple[int, int] = (640, 480),
        fps: float = 30.0,
    ) -> None:
        self.name = camera.name
        self.frame_count: int | None = None
        self.fps: float | None = fps
        self.warnings: list[str] = []
        self.repeated = 0
        """Pictures that the camera delivered twice; they are left out."""
        self._clock = clock
        self._lock = threading.Lock()
        self._closed = False
        if open_device is None:
            _check_permission(camera)
        self._device = (open_device or _open_device)(camera.index, camera.backend)
        if not self._device.isOpened():
            self._device.release()
            raise SourceError(
                f"{camera.name} does not open. Check that it is connected and that no other program "
                "uses it, then try again."
            )
        for prop, value in (
            (cv2.CAP_PROP_FRAME_WIDTH, size[0]),
            (cv2.CAP_PROP_FRAME_HEIGHT, size[1]),
            (cv2.CAP_PROP_FPS, fps),
            (cv2.CAP_PROP_BUFFERSIZE, 1),
        ):
            self._device.set(prop, value)

    def frames(self) -> Iterator[Frame]:
        """Frames until the source is closed.

        Raises:
            SourceError: If the camera stops, is unplugged, or repeats its last picture.
        """
        start: float | None = None
        previous: npt.NDArray[np.uint8] | None = None
        changed = 0.0
        index = misses = 0
        while True:
            with self._lock:
                if self._closed:
                    return
                ok, picture = self._device.read()
            now = self._clock()
            if not ok or picture is None or picture.ndim != 3 or picture.size == 0:
                misses += 1
                if misses >= _MAX_MISSES:
                    raise SourceError(self._stopped(started=start is not None))
                continue
            misses = 0
            image = np.asarray(picture, dtype=np.uint8)
            if previous is not None and image.shape == previous.shape and np.array_equal(image, previous):
                self.repeated += 1
                if now - changed > _FROZEN_AFTER_S:
                    raise SourceError(
                        f"{self.name} repeats the same picture: it was unplugged or its driver hangs. "
                        "Connect it again, then press Start."
                    )
                continue
            previous, changed = image, now
            if start is None:
                start = now
            yield Frame(index, now - start, image)
            index += 1

    def close(self) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                self._device.release()

    def _stopped(self, started: bool) -> str:
        if started:
            return f"{self.name} stopped delivering pictures: it was unplugged. Connect it again, then press Start."
        return f"{self.name} opens but delivers no picture. Close other programs that use it, then try again."


def _preferred_backend() -> int:
    if sys.platform == "win32":
        return int(cv2.CAP_DSHOW)  # MSMF takes seconds to open
    if sys.platform == "darwin":
        return int(cv2.CAP_AVFOUNDATION)
    return int(cv2.CAP_V4L2)


def _open_device(index: int, backend: int) -> CameraDevice:
    return cv2.VideoCapture(index, backend or _preferred_backend())


def _check_permission(camera: CameraInfo) -> None:
    if not sys.platform.startswith("linux"):
        return
    node = f"/dev/video{camera.index % 100}"
    if not os.path.exists(node):  # noqa: PTH110 - a device node, not a file of ours
        raise SourceError(
            f"{camera.name} is not connected ({node} does not exist). Connect it, or choose another source."
        )
    if not os.access(node, os.R_OK | os.W_OK):
        raise SourceError(
            f"{camera.name} may not be used: permission to {node} is denied. "
            "Add your user to the group 'video' and log in again."
        )
