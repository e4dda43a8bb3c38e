"""All clips of databases made ready for experiments: in parallel, once, and again only where something changed."""

from __future__ import annotations

import functools
import hashlib
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from model.flow import Field, FlowEstimator
from model.whole_file import whole_file
from training.databases.clip import Clip
from training.key_frames import ClipError, PreparedClip, prepare_clip
from training.pool import in_parallel

FLOWS: Final = ("dis", "tvl1")
"""The product's flow, and the one that most publications use."""
# Raised whenever prepared clips change.
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Preparation:
    """What came of preparing clips.

    Attributes:
        clips: Those that can be used, in the order given.
        places: Their files.
        failed: What was wrong with each of the others.
        anew: How many were not in the cache.
    """

    clips: tuple[Clip, ...]
    places: tuple[Path, ...]
    failed: tuple[str, ...]
    anew: int


class TvL1Estimator(FlowEstimator):
    """Total-variation flow (Zach et al. 2007) behind the same interface; about a hundred times slower."""

    def __init__(self) -> None:
        self._tvl1 = cv2.optflow.DualTVL1OpticalFlow.create()

    def between(self, before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8]) -> Field:
        # The empty flow is OpenCV's "no initial guess"; its stubs do not know it.
        return np.asarray(self._tvl1.calc(before, after, None), dtype=np.float32)  # type: ignore[call-overload]


def prepare(
    clips: Sequence[Clip],
    cache: Path,
    flow: str = "dis",
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> Preparation:
    """Aligns and measures clips; what the cache holds of the same pictures costs a look at them only.

    Args:
        clips: Clips of any databases.
        cache: Folder for one file a clip, named by its content; an interrupted run goes on where it stopped.
        flow: One of `FLOWS`.
        progress: Told (clips done, clips in all).
        workers: Processes; default one per core.
    """
    store = cache / "prepared"
    store.mkdir(parents=True, exist_ok=True)
    results = in_parallel(functools.partial(_prepare, store=store, flow=flow), clips, progress, workers)
    usable = [(clip, result) for clip, result in zip(clips, results, strict=True) if result.place is not None]
    return Preparation(
        tuple(clip for clip, _ in usable),
        tuple(result.place for _, result in usable if result.place is not None),
        tuple(result.problem for result in results if result.problem),
        sum(result.made for result in results),
    )


def load_prepared(place: Path) -> PreparedClip:
    """One prepared clip."""
    with np.load(place) as kept:
        return PreparedClip(kept["maps"], kept["present"], kept["sequence"], int(kept["apex"]), bool(kept["spotted"]))


@dataclass(frozen=True, slots=True)
class _Result:
    place: Path | None
    problem: str
    made: bool


def _prepare(clip: Clip, store: Path, flow: str) -> _Result:
    cv2.setNumThreads(1)
    name = f"{clip.database} {clip.subject}/{clip.name}"
    try:
        place = store / f"{_content_key(clip, flow)}.npz"
        if _is_whole(place):
            return _Result(place, "", made=False)
        ready = prepare_clip(clip, TvL1Estimator() if flow == "tvl1" else FlowEstimator())
    except (ClipError, OSError) as error:
        return _Result(None, f"{name}: {error}", made=False)
    with whole_file(place) as partial, partial.open("wb") as file:
        np.savez(
            file,
            maps=ready.maps,
            present=ready.present,
            sequence=ready.sequence,
            apex=ready.apex,
            spotted=ready.spotted,
        )
    return _Result(place, "", made=True)


def _is_whole(place: Path) -> bool:
    """Whether a file of the cache can be read; a machine that lost power may leave one that cannot."""
    return place.is_file() and zipfile.is_zipfile(place)


def _content_key(clip: Clip, flow: str) -> str:
    """Names a clip by what its pictures hold and how it is annotated: a moved database is recognised."""
    key = hashlib.sha256(f"{_VERSION} {flow} {clip.onset} {clip.apex} {clip.offset} {clip.fps}".encode())
    for number, path in zip(clip.numbers, clip.frames, strict=True):
        content = path.read_bytes()
        key.update(f"{number} {len(content)}".encode())
        key.update(content)
    return key.hexdigest()[:24]
