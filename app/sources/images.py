"""A folder of numbered pictures, as most micro-expression databases are stored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from app.errors import SourceError
from model.frame import Frame

_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"})


class ImageSequenceSource:
    """Numbered pictures in a folder, played at a given rate.

    Args:
        folder: The folder; pictures are ordered by the numbers in their names.
        fps: Frames per second at which they were taken.

    Raises:
        SourceError: If the folder is missing or has no pictures, or the rate makes no sense.
    """

    live = False

    def __init__(self, folder: Path, fps: float = 30.0) -> None:
        if not folder.is_dir():
            raise SourceError(f"The folder {folder} does not exist. Check the name and whether its drive is connected.")
        if not 1.0 <= fps <= 1000.0:
            raise SourceError(
                f"{fps:g} frames per second make no sense for {folder}. Give the camera's rate, 1 to 1000."
            )
        self._files = picture_files(folder)
        if not self._files:
            raise SourceError(f"The folder {folder} has no pictures (.jpg, .png, .bmp, .tif). Choose another folder.")
        self.name = folder.name
        self.fps: float | None = fps
        self.frame_count: int | None = len(self._files)
        self.warnings: list[str] = []

    def frames(self) -> Iterator[Frame]:
        """The pictures; one that cannot be read leaves a gap in the index and a warning."""
        assert self.fps is not None
        readable = 0
        for index, path in enumerate(self._files):
            image = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if image is None:
                self.warnings.append(f"{path.name} cannot be read and was left out.")
                continue
            readable += 1
            yield Frame(index, index / self.fps, np.asarray(image, dtype=np.uint8))
        if not readable:
            raise SourceError(f"None of the {len(self._files)} pictures in {self.name} can be read. Try another copy.")

    def close(self) -> None:
        """Nothing stays open between frames."""


def picture_files(folder: Path) -> list[Path]:
    """The pictures of a folder in the order of the numbers in their names."""
    return sorted((p for p in folder.iterdir() if p.suffix.lower() in _SUFFIXES), key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Orders ``img2`` before ``img10``."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path.name)]
