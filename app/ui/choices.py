"""What the source selector offers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.live.engine import Tell

if TYPE_CHECKING:
    from app.sources.base import Source
    from app.sources.camera import CameraInfo


@dataclass(frozen=True, slots=True)
class Choice:
    """A source that can be started.

    Attributes:
        title: What the selector shows.
        open: Opens it; runs in the capture thread.
        is_camera: True if consent is needed first.
    """

    title: str
    open: Callable[[Tell], Source]
    is_camera: bool = False


def demo_choice() -> Choice:
    """The demo recording, rendered on first use."""
    return Choice("Demo recording", _open_demo)


def recording_choice(path: Path, image_fps: float = 30.0) -> Choice:
    """A video file or a folder of pictures."""
    return Choice(path.name, partial(_open_recording, path, image_fps))


def camera_choice(camera: CameraInfo) -> Choice:
    """A camera."""
    return Choice(camera.name, partial(_open_camera, camera), is_camera=True)


def _open_demo(tell: Tell) -> Source:
    from app.sources.demo import open_demo

    return open_demo(
        progress=lambda done, total: tell(f"Rendering the demo recording, only this once: {done / total:.0%}")
    )


def _open_recording(path: Path, image_fps: float, _tell: Tell) -> Source:
    from app.sources.opening import open_recording

    return open_recording(path, image_fps)


def _open_camera(camera: CameraInfo, tell: Tell) -> Source:
    from app.sources.camera import CameraSource

    tell(f"Opening {camera.name} …")
    return CameraSource(camera)
