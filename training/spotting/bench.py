"""The spotting benchmark: the product and the references on the same long recordings."""

from __future__ import annotations

import functools
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from model.spot import LOOK_AHEAD_S
from model.watching import FaceWatch
from model.workers import Workers
from training.people import People
from training.pool import Progress, in_parallel
from training.spotting.methods import Method, Product, References, Reports
from training.spotting.scenes import CLEAN, POOR_LIGHT, WEBCAM, Scene, Setting
from training.spotting.scores import EVERY_PEAK, Tally, Truth, tally

# The references' settings are chosen on so many recordings of this length, of other persons than the judged ones.
_TUNING_SCENES: Final = 8
_TUNING_SECONDS: Final = 40.0
# What is judged: camera, frames a second, seconds of each person, and whether they only talk.
_CELLS: Final = (
    (WEBCAM, 30.0, 45.0, False),
    (POOR_LIGHT, 30.0, 30.0, False),
    (CLEAN, 30.0, 24.0, False),
    (WEBCAM, 25.0, 24.0, False),
    (WEBCAM, 60.0, 18.0, False),
    (WEBCAM, 100.0, 12.0, False),
    (WEBCAM, 200.0, 10.0, False),
    (WEBCAM, 30.0, 30.0, True),
)
# Displacement from which on a micro-expression counts in the main figures, fraction of the inter-ocular distance; the
# weaker ones are reported beside it.
JUDGED_PEAKS: Final = (0.01, float("inf"))
AMPLITUDES: Final = (0.005, 0.0075, 0.010, 0.015, 0.020, 0.030)
"""Edges of the classes of displacement for the curve of recall."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A recording and what every method found in it."""

    scene: Scene
    truth: tuple[Truth, ...]
    reports: Reports


@dataclass(frozen=True, slots=True)
class Cell:
    """Recordings of one kind.

    Attributes:
        setting: The camera.
        fps: Frames per second.
        talk: Whether people only talk and blink.
        recordings: How many.
        judged: Each method's tally of micro-expressions in `JUDGED_PEAKS`.
        every: The same of all of them.
        classes: The same of each class between two `AMPLITUDES`.
    """

    setting: Setting
    fps: float
    talk: bool
    recordings: int
    judged: dict[str, Tally]
    every: dict[str, Tally]
    classes: list[dict[str, Tally]]

    @property
    def name(self) -> str:
        return f"{self.setting.name}, {self.fps:g} fps" + (", talk only" if self.talk else "")


@dataclass(frozen=True, slots=True)
class SpottingResult:
    """Everything the benchmark found.

    Attributes:
        cells: One a kind of recording.
        settings: The setting chosen for each method.
        seconds: Length of all judged recordings.
        persons: Persons in them.
    """

    cells: list[Cell]
    settings: dict[str, str]
    seconds: float
    persons: int


def bench_spotting(people: People, stage: Progress, persons: int) -> SpottingResult:
    """Runs the benchmark.

    Args:
        people: The judged persons are the held-out ones first, then training persons: nothing of spotting is trained.
        stage: Opens a progress bar.
        persons: Judged persons.
    """
    everyone = (*people.held_out, *people.training)
    judged, others = everyone[:persons], everyone[persons:] or everyone
    tuning = [
        Scene(others[i % len(others)], WEBCAM, 30.0, _TUNING_SECONDS, talk=False, seed=10_000 + i)
        for i in range(_TUNING_SCENES)
    ]
    settings = _chosen(in_parallel(_watch, tuning, stage("recordings for the references' settings")))
    watch = functools.partial(_watch, chosen=settings)
    scenes = [
        Scene(person, setting, fps, seconds, talk, seed=100 * c + p)
        for c, (setting, fps, seconds, talk) in enumerate(_CELLS)
        for p, person in enumerate(judged)
    ]
    # Long ones first, so that no core waits for the last of them.
    order = sorted(range(len(scenes)), key=lambda i: -scenes[i].fps * scenes[i].seconds)
    watched = in_parallel(watch, [scenes[i] for i in order], stage("recordings watched"))
    groups: dict[tuple[Setting, float, bool], list[Watched]] = defaultdict(list)
    for recording in watched:
        groups[recording.scene.setting, recording.scene.fps, recording.scene.talk].append(recording)
    cells = [_cell(groups[setting, fps, talk], settings) for setting, fps, _, talk in _CELLS]
    return SpottingResult(cells, settings, sum(s.seconds for s in scenes), len(judged))


def _watch(scene: Scene, chosen: Mapping[str, str] | None = None) -> Watched:
    recording, truth = scene.recording()
    methods: list[Method] = [Product(), Product(LOOK_AHEAD_S), References(chosen)]
    with Workers() as beside:
        watch = FaceWatch(max_faces=1, beside=beside)
        for frame in recording.frames():
            if (sight := watch.push(frame)) is not None:
                for method in methods:
                    method.push(frame, sight)
        watch.finish()
    return Watched(scene, truth, {name: found for method in methods for name, found in method.finish().items()})


def _chosen(watched: Sequence[Watched]) -> dict[str, str]:
    """Each method's best setting by F1."""
    settings = {}
    for method, reports in watched[0].reports.items():
        f1 = {setting: _sum(watched, method, setting, JUDGED_PEAKS).f1 for setting in reports}
        settings[method] = max(f1, key=lambda setting: f1[setting])
    return settings


def _sum(watched: Iterable[Watched], method: str, setting: str, peaks: tuple[float, float]) -> Tally:
    total = Tally()
    for w in watched:
        total.add(tally(w.reports[method].get(setting, ()), w.truth, w.scene.seconds, peaks))
    return total


def _cell(watched: Sequence[Watched], settings: dict[str, str]) -> Cell:
    scene = watched[0].scene
    judged, every, *classes = (
        {method: _sum(watched, method, setting, peaks) for method, setting in settings.items()}
        for peaks in (JUDGED_PEAKS, EVERY_PEAK, *itertools.pairwise(AMPLITUDES))
    )
    return Cell(scene.setting, scene.fps, scene.talk, len(watched), judged, every, classes)
