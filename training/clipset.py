"""Sets of synthetic clips on disk: made in parallel, reproducible, split by person."""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from model.errors import FleetingError
from model.whole_file import whole_file
from training.people import People, load_person
from training.pool import in_parallel
from training.synthesis.clips import ClipCamera, Conditions, LabelledClip
from training.synthesis.fields import draw_field

# Raised whenever the clips of a seed change; a cache of another version is made anew.
GENERATOR_VERSION: Final = 7
_SHARD: Final = 125
# Every shard sees so few persons only, so that opening a portrait is paid once for many clips.
_PEOPLE_A_SHARD: Final = 5
TRAINING_H264: Final = 0.4
"""Share of the training clips that went through H.264, more than of those by which a network is judged: what a codec
leaves of a weak movement is what is hardest to learn."""
TRAINING_AVERAGED: Final = 0.8
"""Share of the training clips whose key frames are means, as the pipeline makes them; databases keep single frames."""


class ClipSetError(FleetingError):
    """Clips cannot be made or kept."""


@dataclass(frozen=True, slots=True)
class ClipSetPlan:
    """What the clips of a training run consist of.

    Attributes:
        filmed: Clips filmed through portraits of the training persons.
        fields: Flow-field clips without a picture (training only).
        held_out: Clips filmed through portraits of the held-out persons.
        seed: Seed of everything.
    """

    filmed: int = 28000
    fields: int = 20000
    held_out: int = 2000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Clips of one kind.

    Attributes:
        count: How many.
        seed: Seed of everything.
        people: Prepared portraits to film; none for flow fields without a picture.
        conditions: What the conditions are drawn from.
    """

    count: int
    seed: int
    people: tuple[Path, ...] = ()
    conditions: Conditions = field(default_factory=Conditions)


@dataclass(frozen=True, slots=True)
class ClipArrays:
    """Clips as arrays.

    Attributes:
        maps: ``float16 [n, 3, 4, 64, 64]``.
        emotion: ``int64 [n]``.
        action_units: ``float32 [n, 15]``, 1 where the AU is at work.
        strengths: ``float32 [n, 15, 2]`` fractions of the inter-ocular distance, picture left and right.
        peak: ``float32 [n]`` true displacement, fraction of the inter-ocular distance.
        times: ``float32 [n, 3]`` true onset, apex, offset in seconds from the onset frame.
        displacement: ``float16 [n, 64, 64, 2]`` true motion from onset to apex frame, percent.
    """

    maps: npt.NDArray[np.float16]
    emotion: npt.NDArray[np.int64]
    action_units: npt.NDArray[np.float32]
    strengths: npt.NDArray[np.float32]
    peak: npt.NDArray[np.float32]
    times: npt.NDArray[np.float32]
    displacement: npt.NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.emotion)

    def picked(self, index: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> ClipArrays:
        """Some of the clips."""
        return ClipArrays(*(getattr(self, f.name)[index] for f in fields(self)))

    @staticmethod
    def joined(parts: Sequence[ClipArrays]) -> ClipArrays:
        """All clips of several sets; each part's arrays are copied once."""
        return ClipArrays(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(ClipArrays)))


def training_batches(plan: ClipSetPlan, people: People) -> tuple[Batch, Batch, Batch]:
    """The filmed clips, the flow fields and the held-out clips of a plan."""
    return (
        Batch(
            plan.filmed,
            plan.seed,
            people.training,
            replace(Conditions(), h264=TRAINING_H264, averaged=TRAINING_AVERAGED),
        ),
        Batch(plan.fields, plan.seed + 1),
        Batch(plan.held_out, plan.seed + 2, people.held_out),
    )


def persons_of(batch: Batch) -> npt.NDArray[np.int64]:
    """Which of the batch's people each clip shows, ``int64 [n]``."""
    places = (divmod(i, _SHARD) for i in range(batch.count))
    casts = [_cast(number, len(batch.people)) for number in range(-(-batch.count // _SHARD))]
    return np.array([casts[number][i % len(casts[number])] for number, i in places], dtype=np.int64)


def _cast(shard: int, people: int) -> list[int]:
    """Which of so many people appear in a shard; its clips show them in turn."""
    return [(shard * _PEOPLE_A_SHARD + i) % people for i in range(min(_PEOPLE_A_SHARD, people))]


def make_clips(
    batches: Sequence[Batch],
    cache: Path,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> list[ClipArrays]:
    """Makes clips, or reads them if the cache holds them already.

    Args:
        batches: What to make.
        cache: Folder for the shards; an interrupted run goes on where it stopped.
        progress: Told (clips done, clips in all).
        workers: Processes; default one per core.

    Returns:
        The clips of each batch.

    Raises:
        ClipSetError: If a batch is empty or the disk is full.
    """
    if any(batch.count < 1 for batch in batches):
        raise ClipSetError("A clip set needs at least one clip of each kind: raise the numbers asked for.")
    shards = [list(_shards(batch, cache)) for batch in batches]
    every = [shard for own in shards for shard in own]
    missing = [shard for shard in every if not shard.path.is_file()]
    total, kept = sum(s.count for s in every), sum(s.count for s in every) - sum(s.count for s in missing)
    if progress is not None:
        progress(kept, total)
    try:
        for folder in {shard.path.parent for shard in missing}:
            folder.mkdir(parents=True, exist_ok=True)
        in_parallel(
            _make_shard,
            missing,
            # Shards are nearly of one size, so their number tells how far the work has come.
            lambda done, of: progress(kept + (total - kept) * done // of, total) if progress else None,
            workers,
        )
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise ClipSetError(
            f"The disk of {cache} is full. Free some space (a whole training set takes about 6 GB) or name another "
            "folder with --cache, and run the command again: the clips made so far are kept."
        ) from error
    return [_read([shard.path for shard in own]) for own in shards]


@dataclass(frozen=True, slots=True)
class _Shard:
    path: Path
    number: int
    count: int
    batch: Batch
    people: tuple[Path, ...]


def _shards(batch: Batch, cache: Path) -> Iterator[_Shard]:
    facts = {
        "seed": batch.seed,
        "people": [p.name for p in batch.people],
        "conditions": asdict(batch.conditions),
        "shard": _SHARD,
        "version": GENERATOR_VERSION,
    }
    key = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
    for number, start in enumerate(range(0, batch.count, _SHARD)):
        count = min(_SHARD, batch.count - start)
        people = tuple(batch.people[i] for i in _cast(number, len(batch.people)))
        yield _Shard(cache / "clips" / key / f"{number:04d}-{count}.npz", number, count, batch, people)


def _make_shard(shard: _Shard) -> None:
    cv2.setNumThreads(1)
    clips = list(_clips_of(shard))
    with whole_file(shard.path) as partial, partial.open("wb") as file:
        np.savez(
            file,
            maps=np.stack([c.representation.maps for c in clips]).astype(np.float16),
            emotion=np.array([c.emotion for c in clips], dtype=np.int64),
            action_units=np.stack([c.action_units for c in clips]),
            strengths=np.stack([c.strengths for c in clips]),
            peak=np.array([c.peak for c in clips], dtype=np.float32),
            times=np.stack([c.times for c in clips]),
            displacement=np.stack([c.displacement for c in clips]),
        )


def _clips_of(shard: _Shard) -> Iterator[LabelledClip]:
    portraits = [load_person(path) for path in shard.people]
    camera = ClipCamera(shard.batch.conditions)
    for i in range(shard.count):
        rng = np.random.default_rng([shard.batch.seed, shard.number, i])
        if portraits:
            yield camera.film(portraits[i % len(portraits)], rng)
        else:
            yield draw_field(rng, shard.batch.conditions)
    camera.close()


def _read(paths: list[Path]) -> ClipArrays:
    parts = []
    for path in paths:
        with np.load(path) as kept:
            parts.append(ClipArrays(*(kept[f.name] for f in fields(ClipArrays))))
    return ClipArrays.joined(parts)
