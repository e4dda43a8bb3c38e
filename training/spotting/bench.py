"""The spotting benchmark: the product and the references on the same long recordings."""

from __future__ import annotations

import functools
import itertools
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
from matplotlib.figure import Figure

from model.whole_file import whole_file
from training.people import People
from training.pool import in_parallel
from training.spotting.methods import FLEETING, Method, Product, References, Reports
from training.spotting.scenes import CLEAN, POOR_LIGHT, WEBCAM, Scene, Setting
from training.spotting.scores import EVERY_PEAK, Tally, Truth, milliseconds, tally

# The references' settings are chosen on so many recordings of this length, of other persons than the judged ones.
_TUNING_SCENES: Final = 8
_TUNING_SECONDS: Final = 40.0
# What is judged: camera, frames a second, seconds of each person, and whether they only talk.
_CELLS: Final = (
    (WEBCAM, 30.0, 45.0, False),
    (CLEAN, 30.0, 30.0, False),
    (POOR_LIGHT, 30.0, 30.0, False),
    (WEBCAM, 25.0, 24.0, False),
    (WEBCAM, 60.0, 24.0, False),
    (WEBCAM, 100.0, 18.0, False),
    (WEBCAM, 200.0, 12.0, False),
    (WEBCAM, 30.0, 30.0, True),
)
_PERSONS: Final = 20
# Displacement from which on a micro-expression counts in the main figures, fraction of the inter-ocular distance; the
# weaker ones are reported beside it.
JUDGED_PEAKS: Final = (0.01, float("inf"))
AMPLITUDES: Final = (0.005, 0.0075, 0.010, 0.015, 0.020, 0.030)
"""Edges of the classes of displacement for the curve of recall."""

_COLUMNS: Final = (
    "recordings", "method", "true", "F1", "precision", "recall", "false alarms / min", "F1 from 0.5 % on", "apex ms",
    "apex p95", "onset ms", "offset ms", "latency p95",
)  # fmt: skip

Progress = Callable[[str], Callable[[int, int], None]]


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


def bench_spotting(people: People, stage: Progress, persons: int = _PERSONS) -> SpottingResult:
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
    cv2.setNumThreads(1)
    recording, truth = scene.recording()
    methods: list[Method] = [Product(), References(chosen)]
    for frame in recording.frames():
        for method in methods:
            method.push(frame)
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


def write_result(result: SpottingResult, folder: Path) -> tuple[Path, Path, Path]:
    """Writes the table as Markdown and as JSON, and the plot."""
    folder.mkdir(parents=True, exist_ok=True)
    table, data, plot = (folder / f"spotting.{suffix}" for suffix in ("md", "json", "svg"))
    with whole_file(table) as partial:
        partial.write_text(_markdown(result), encoding="utf-8")
    with whole_file(data) as partial:
        partial.write_text(json.dumps([_row(cell, m) for cell in result.cells for m in cell.judged], indent=1))
    with whole_file(plot) as partial:
        _plot(result, partial)
    return table, data, plot


def _plot(result: SpottingResult, path: Path) -> None:
    """F1 of each kind of recording, and recall over amplitude in the first kind, the webcam at 30 frames a second."""
    # The object interface: pyplot would look for a screen.
    figure = Figure(figsize=(11.0, 4.2), layout="constrained")
    bars, curve = figure.subplots(1, 2)
    cells = [cell for cell in result.cells if not cell.talk]
    middles = [math.sqrt(low * high) * 100 for low, high in itertools.pairwise(AMPLITUDES)]
    width = 0.8 / len(result.settings)
    for i, method in enumerate(result.settings):
        bars.bar([x + i * width for x in range(len(cells))], [c.judged[method].f1 for c in cells], width, label=method)
        curve.plot(middles, [tallies[method].recall for tallies in cells[0].classes], marker="o", label=method)
    bars.set_xticks(
        [x + 0.4 - width / 2 for x in range(len(cells))], [f"{c.setting.name}\n{c.fps:g} fps" for c in cells]
    )
    bars.set_ylabel(f"F1 from {100 * JUDGED_PEAKS[0]:g} % on")
    curve.set_xlabel("peak displacement, % of the inter-ocular distance")
    curve.set_ylabel(f"recall, {cells[0].setting.name} at {cells[0].fps:g} fps")
    for axes in (bars, curve):
        axes.set_ylim(0.0, 1.0)
        axes.grid(alpha=0.3)
    bars.legend()
    figure.savefig(path, format="svg")


def _row(cell: Cell, method: str) -> dict[str, Any]:
    t, every = cell.judged[method], cell.every[method]
    return {
        "camera": cell.setting.name,
        "fps": cell.fps,
        "talk only": cell.talk,
        "method": method,
        "minutes": t.seconds / 60,
        "true": t.true,
        "f1": t.f1,
        "precision": t.precision,
        "recall": t.recall,
        "false alarms a minute": t.alarms_a_minute,
        "f1 of all amplitudes": every.f1,
        "recall of all amplitudes": every.recall,
        "apex error ms": milliseconds(t.apex_errors),
        "apex error p95 ms": milliseconds(t.apex_errors, 95),
        "onset error ms": milliseconds(t.onset_errors),
        "offset error ms": milliseconds(t.offset_errors),
        "latency p95 ms": milliseconds(t.latencies, 95),
    }


def _markdown(result: SpottingResult) -> str:
    lines = []
    for cell in result.cells:
        for method in cell.judged:
            row = _row(cell, method)
            figures = [f"{row[k]:.2f}" for k in ("f1", "precision", "recall", "false alarms a minute")]
            figures += [f"{row['f1 of all amplitudes']:.2f}"]
            errors = ("apex error ms", "apex error p95 ms", "onset error ms", "offset error ms", "latency p95 ms")
            figures += [f"{row[k]:.0f}" for k in errors]
            lines.append(f"| {cell.name} | {method} | {row['true']} | " + " | ".join(figures).replace("nan", "") + " |")
    chosen = "; ".join(f"{name}: {setting}" for name, setting in result.settings.items() if name != FLEETING)
    return f"""# Spotting on synthetic recordings

Written by `python -m training bench spotting`: {result.seconds / 60:.0f} minutes, {result.persons} persons, true
onset, apex and offset known exactly. A hit is an intersection over union of at least 0.5, one to one. Main figures
count micro-expressions from {100 * JUDGED_PEAKS[0]:g} % of the inter-ocular distance on; weaker ones count neither way
there. Settings of the references, chosen for the best F1 on other recordings: {chosen}.

| {" | ".join(_COLUMNS)} |
|{"---|" * len(_COLUMNS)}
{chr(10).join(lines)}

Apex, onset and offset: median absolute error of the hits. Latency: from the true offset to the report, stream time.
"""
