"""From what a person names to a source."""

from __future__ import annotations

from pathlib import Path

from app.sources.base import Source
from app.sources.images import ImageSequenceSource
from app.sources.video import VideoSource


def open_recording(path: Path, image_fps: float = 30.0) -> Source:
    """A recording: a video file, or a folder of numbered pictures.

    Args:
        path: The file or folder.
        image_fps: Rate of a folder's pictures.

    Raises:
        SourceError: If it cannot be read.
    """
    if path.is_dir():
        return ImageSequenceSource(path, image_fps)
    return VideoSource(path)
