"""A protocol carried out: every fold, method and seed is a job of its own, and what is finished stays finished."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
import torch

from model.whole_file import whole_file
from training.cluster import Cluster, Failure, each
from training.databases.clip import Clip
from training.key_frames import stacked
from training.learners import METHODS, NetworkLearner, Verdict
from training.losses import ALIGNMENTS
from training.prepare import load_prepared
from training.protocols import Fold, Protocol, Unlabelled, task

# Raised whenever the same job would give other answers.
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Contender:
    """A method with its adaptation: a line of the table.

    Attributes:
        method: Name in `training.learners.METHODS`.
        adaptation: One of `training.learners.ADAPTATIONS`.
    """

    method: str
    adaptation: str = "none"

    @property
    def title(self) -> str:
        title = METHODS[self.method].title
        return title if self.adaptation == "none" else f"{title}, {self.adaptation.upper()}"


@dataclass(frozen=True, slots=True)
class Material:
    """The prepared clips of an experiment; workers read them themselves.

    Attributes:
        protocol: How is judged.
        clips: All usable clips.
        places: Their prepared files.
        answers: ``float32 [n, k]``.
    """

    protocol: Protocol
    clips: tuple[Clip, ...]
    places: tuple[Path, ...]
    answers: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Job:
    """One fold for one contender and one seed."""

    fold: Fold
    contender: Contender
    seed: int


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a job.

    Attributes:
        fold: Name of the fold.
        group: Its group.
        contender: Method and adaptation.
        seed: The seed.
        test: Indices of the judged clips.
        shares: ``float32 [n, k]``.
        parameters: Of the method.
        milliseconds: For one clip.
    """

    fold: str
    group: str
    contender: Contender
    seed: int
    test: npt.NDArray[np.int64]
    shares: npt.NDArray[np.float32]
    parameters: int
    milliseconds: float


def jobs_of(material: Material, contenders: Sequence[Contender], seeds: int) -> list[Job]:
    """Every job of an experiment, seed after seed."""
    folds = material.protocol.folds(material.clips)
    # A method without chance gives the same answers for every seed: it is run once.
    return [
        Job(fold, contender, seed)
        for seed in range(seeds)
        for contender in contenders
        if seed == 0 or METHODS[contender.method].adapts
        for fold in folds
    ]


def carry_out(
    material: Material,
    jobs: Sequence[Job],
    folder: Path,
    cluster: Cluster,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Result], list[str]]:
    """Runs the jobs that are not finished yet.

    Args:
        material: The clips.
        jobs: What to run.
        folder: For one file a finished job.
        cluster: Where to run.
        progress: Told (jobs done, jobs in all).

    Returns:
        All results, in the jobs' order as far as they succeeded; and why each of the others did not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    places = [folder / f"{_slug(job)}-{_key(job, material)}.json" for job in jobs]
    results: dict[int, Result] = {i: kept for i, place in enumerate(places) if (kept := _read(place)) is not None}
    missing = [i for i in range(len(jobs)) if i not in results]
    failed = []
    if progress is not None:
        progress(len(results), len(jobs))
    work = functools.partial(run_job, material=material)
    for n, (i, outcome) in enumerate(each(work, {i: jobs[i] for i in missing}, cluster), start=1):
        if not isinstance(outcome, Failure):
            _write(places[i], outcome)
            results[i] = outcome
        else:
            failed.append(f"{jobs[i].contender.title}, {jobs[i].fold.name}, seed {jobs[i].seed}: {outcome.reason}")
        if progress is not None:
            progress(len(jobs) - len(missing) + n, len(jobs))
    return [results[i] for i in sorted(results)], failed


def run_job(job: Job, material: Material) -> Result:
    """One job, in whatever process."""
    verdict = verdict_of(job, material)
    return Result(
        job.fold.name,
        job.fold.group,
        job.contender,
        job.seed,
        job.fold.test,
        verdict.shares,
        verdict.parameters,
        verdict.milliseconds,
    )


def verdict_of(job: Job, material: Material) -> Verdict:
    """What a job's method says; the same on every machine of one kind, however many jobs run beside it."""
    cv2.setNumThreads(1)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        clips = _loaded(material.places)
        learner = METHODS[job.contender.method].with_adaptation(job.contender.adaptation)
        given = task(job.fold, clips, material.answers, material.protocol.exclusive)
        return learner.judge(given, job.seed)
    finally:
        torch.set_num_threads(threads)


@functools.lru_cache(maxsize=1)
def _loaded(places: tuple[Path, ...]) -> Unlabelled:
    """The prepared clips, read once a process."""
    return Unlabelled(*stacked([load_prepared(place) for place in places]))


def _key(job: Job, material: Material) -> str:
    """Changes with everything that the answers depend on."""
    method = METHODS[job.contender.method].with_adaptation(job.contender.adaptation)
    facts = {
        "version": _VERSION,
        "clips": [place.stem for place in material.places],
        "answers": hashlib.sha256(material.answers.tobytes()).hexdigest(),
        "train": job.fold.train.tolist(),
        "test": job.fold.test.tolist(),
        "schedule": asdict(method.schedule) if isinstance(method, NetworkLearner) else None,
        "start": _digest(method.start) if isinstance(method, NetworkLearner) and method.start is not None else None,
        "weight": ALIGNMENTS[job.contender.adaptation][1],
        "contender": asdict(job.contender),
        "seed": job.seed,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]


@functools.cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _slug(job: Job) -> str:
    name = f"{job.contender.method}-{job.contender.adaptation}-{job.fold.name}-{job.seed}"
    return re.sub(r"[^\w\-]+", "_", name.replace("→", "to"))


def _write(place: Path, result: Result) -> None:
    facts = asdict(result) | {"test": result.test.tolist(), "shares": result.shares.tolist()}
    with whole_file(place) as partial:
        partial.write_text(json.dumps(facts, indent=1, ensure_ascii=False), encoding="utf-8")


def _read(place: Path) -> Result | None:
    try:
        facts: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        return Result(
            **facts
            | {
                "contender": Contender(**facts["contender"]),
                "test": np.array(facts["test"], dtype=np.int64),
                "shares": np.array(facts["shares"], dtype=np.float32),
            }
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not there, or of no use: it is run again
