"""Sets of synthetic clips on disk: made in parallel, reproducible, split by person."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from model.crop import apply_transform, crop_transform
from model.errors import FleetingError
from model.flow import FlowEstimator
from model.whole_file import whole_file
from training.synthesis.clips import LabelledClip, draw_field, film_clip
from training.synthesis.muscles import FaceAxes, load_muscles
from training.synthesis.portrait import Portrait, PortraitError

# Raised whenever the clips of a seed change; a cache of another version is made anew.
GENERATOR_VERSION: Final = 2
# Every n-th person, in the order of file names, is held out for validation.
_HELD_OUT_EVERY: Final = 7
# How far around the face (inter-ocular distances) a portrait is kept in memory.
_PORTRAIT_REACH: Final = 2.4
_SHARD: Final = 250
_PICTURES: Final = frozenset({".jpg", ".jpeg", ".png"})


class ClipSetError(FleetingError):
    """A folder of portraits or a cached clip set cannot be used."""


@dataclass(frozen=True, slots=True)
class ClipSetPlan:
    """What a clip set consists of.

    Attributes:
        faces: Folder of portraits, one person a file.
        filmed: Clips filmed through portraits of the training persons.
        fields: Flow-field clips without a picture (training only).
        held_out: Clips filmed through portraits of the held-out persons.
        seed: Seed of everything.
    """

    faces: Path
    filmed: int = 12000
    fields: int = 6000
    held_out: int = 1500
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ClipArrays:
    """Clips as arrays.

    Attributes:
        maps: ``float16 [n, 3, 4, 64, 64]``.
        emotion: ``int64 [n]``.
        action_units: ``float32 [n, 15]``.
        peak: ``float32 [n]`` true displacement, fraction of the inter-ocular distance.
    """

    maps: npt.NDArray[np.float16]
    emotion: npt.NDArray[np.int64]
    action_units: npt.NDArray[np.float32]
    peak: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.emotion)


def portraits_in(folder: Path) -> list[Path]:
    """The portraits of a folder in the order of their names.

    Raises:
        ClipSetError: If there are none.
    """
    files = sorted(p for p in folder.glob("*") if p.suffix.lower() in _PICTURES) if folder.is_dir() else []
    if not files:
        raise ClipSetError(
            f"No portraits (.jpg, .png) were found in {folder}. Name a folder with one frontal photo a person."
        )
    return files


def split_people(files: list[Path]) -> tuple[list[Path], list[Path]]:
    """Training and held-out persons."""
    held_out = files[::_HELD_OUT_EVERY] if len(files) > 1 else []
    return [f for f in files if f not in held_out], held_out


def build_clipset(
    plan: ClipSetPlan,
    cache: Path,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> tuple[ClipArrays, ClipArrays]:
    """Makes the clips of a plan, or reads them if the cache holds them already.

    Args:
        plan: What to make.
        cache: Folder for the shards; an interrupted run goes on where it stopped.
        progress: Told (clips done, clips in all).
        workers: Processes; default one per core.

    Returns:
        Training and held-out clips.
    """
    train, held_out = split_people(portraits_in(plan.faces))
    facts = {**asdict(plan), "faces": [f.name for f in train + held_out], "version": GENERATOR_VERSION}
    folder = cache / "clips" / _key(facts)
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        *_jobs("filmed", plan.filmed, train, plan.seed),
        *_jobs("fields", plan.fields, train, plan.seed + 1),
        *_jobs("held-out", plan.held_out, held_out, plan.seed + 2),
    ]
    total, done = sum(job.count for job in jobs), 0
    missing = []
    for job in jobs:
        if (folder / job.name).is_file():
            done += job.count
        else:
            missing.append(job)
    if progress is not None:
        progress(done, total)
    if missing:
        # Spawned, not forked: a fork of a process in which OpenCV or MediaPipe run threads hangs.
        with ProcessPoolExecutor(workers or os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
            pending = {pool.submit(_make_shard, job, folder): job for job in missing}
            for future in as_completed(pending):
                future.result()
                done += pending[future].count
                if progress is not None:
                    progress(done, total)
    return (
        _read(folder, [j for j in jobs if j.kind != "held-out"]),
        _read(folder, [j for j in jobs if j.kind == "held-out"]),
    )


@dataclass(frozen=True, slots=True)
class _Job:
    kind: str
    number: int
    count: int
    portraits: tuple[Path, ...]
    seed: int

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.number:04d}.npz"


def _jobs(kind: str, clips: int, portraits: list[Path], seed: int) -> Iterator[_Job]:
    for number, start in enumerate(range(0, clips if portraits else 0, _SHARD)):
        # Every shard sees a few persons only, so that meshing a portrait is paid once for many clips.
        people = tuple(portraits[(number * 5 + i) % len(portraits)] for i in range(min(5, len(portraits))))
        yield _Job(kind, number, min(_SHARD, clips - start), people, seed)


def _key(facts: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def _make_shard(job: _Job, folder: Path) -> None:
    cv2.setNumThreads(1)
    muscles = load_muscles()
    estimator = FlowEstimator()
    portraits = []
    for path in job.portraits:
        image = cv2.imread(str(path))
        if image is None:
            raise PortraitError(f"{path} cannot be read as a picture. Remove it from the folder or save it again.")
        portraits.append(
            Portrait.from_photo(np.asarray(image, np.uint8), muscles, str(path)).around_face(_PORTRAIT_REACH)
        )
    clips: list[LabelledClip] = []
    for i in range(job.count):
        rng = np.random.default_rng([job.seed, job.number, i])
        portrait = portraits[i % len(portraits)]
        if job.kind == "fields":
            axes = FaceAxes.of(apply_transform(crop_transform(portrait.landmarks), portrait.landmarks))
            clips.append(draw_field(axes, muscles, rng))
        else:
            clips.append(film_clip(portrait, muscles, estimator, rng))
    with whole_file(folder / job.name) as partial, partial.open("wb") as file:
        np.savez(
            file,
            maps=np.stack([c.representation.maps for c in clips]).astype(np.float16),
            emotion=np.array([c.emotion for c in clips]),
            action_units=np.stack([c.action_units for c in clips]),
            peak=np.array([c.peak for c in clips], dtype=np.float32),
        )


def _read(folder: Path, jobs: list[_Job]) -> ClipArrays:
    if not jobs:
        raise ClipSetError("The clip set is empty: name a folder with at least two portraits, and at least one clip.")
    shards = [np.load(folder / job.name) for job in jobs]
    return ClipArrays(
        *(np.concatenate([s[name] for s in shards]) for name in ("maps", "emotion", "action_units", "peak"))
    )
