"""Recordings without labels: their movements, found and cut by the product's own pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import av.error
import numpy as np
import numpy.typing as npt

from assets import ASTANN_ONNX
from model.errors import FleetingError
from model.frame import Frame
from model.pipeline import Pipeline, PipelineConfig
from model.recognition import Recogniser, Recognition
from model.representation import Representation
from training.pool import in_parallel

VIDEOS: Final = frozenset({".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv"})


class RecordingError(FleetingError):
    """A recording cannot be read."""


@dataclass(frozen=True, slots=True)
class Movements:
    """The movements that the pipeline found in recordings.

    Attributes:
        maps: ``float32 [n, 3, 4, 64, 64]``.
        present: ``float32 [n, 3]``.
        refused: What was wrong with each recording that could not be read.
    """

    maps: npt.NDArray[np.float32]
    present: npt.NDArray[np.float32]
    refused: tuple[str, ...] = ()


class Collector(Recogniser):
    """A recogniser that keeps everything it is shown."""

    def __init__(self, path: Path = ASTANN_ONNX) -> None:
        self.kept: list[Representation] = []
        super().__init__(path)
        self.kept.clear()  # the warm-up

    def recognise(self, representation: Representation) -> Recognition:
        self.kept.append(representation)
        return super().recognise(representation)


def recordings_in(folder: Path) -> list[Path]:
    """The videos of a folder and of the folders in it, in the order of their names.

    Raises:
        RecordingError: If there are none.
    """
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in VIDEOS) if folder.is_dir() else []
    if not files:
        raise RecordingError(f"No recordings (.mp4, .mkv, .mov, ...) were found in {folder}.")
    return files


def frames_of(path: Path) -> Iterator[Frame]:
    """The frames of a video with their time stamps in seconds from the first.

    Raises:
        RecordingError: If the file cannot be read.
    """
    try:
        with av.open(str(path)) as container:
            first = None
            for index, picture in enumerate(container.decode(video=0)):
                if picture.time is None:
                    continue
                first = picture.time if first is None else first
                image = np.asarray(picture.to_ndarray(format="bgr24"), dtype=np.uint8)
                yield Frame(index, float(picture.time - first), image)
    except (av.error.FFmpegError, OSError, IndexError) as error:
        raise RecordingError(f"{path} cannot be read as a video ({error}).") from error


def movements_in(frames: Iterable[Frame], collector: Collector) -> list[Representation]:
    """The network's inputs for all micro-expressions that the pipeline finds in ``frames``."""
    collector.kept.clear()
    for _ in Pipeline(collector, PipelineConfig(provisional=False)).run(frames):
        pass
    return list(collector.kept)


def find_movements(
    files: list[Path], progress: Callable[[int, int], None] | None = None, workers: int | None = None
) -> Movements:
    """The movements of many recordings; one that cannot be read is named and left out.

    Args:
        files: Videos.
        progress: Told (recordings done, recordings in all).
        workers: Processes; default one per core.
    """
    found = in_parallel(_search, files, progress, workers)
    kept = [representation for own, _ in found for representation in own]
    refused = tuple(problem for _, problem in found if problem)
    if not kept:
        empty = Representation(np.zeros((3, 4, 64, 64), np.float32), np.zeros(3, np.float32))
        return Movements(empty.maps[None][:0], empty.present[None][:0], refused)
    return Movements(np.stack([r.maps for r in kept]), np.stack([r.present for r in kept]), refused)


def _search(path: Path) -> tuple[list[Representation], str]:
    try:
        return movements_in(frames_of(path), Collector()), ""
    except RecordingError as error:
        return [], str(error)
