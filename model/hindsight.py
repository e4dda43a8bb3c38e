"""Spotting in a recording: each moment is judged a few seconds later, by how the face moves before it and after it.

A live view knows a face by what it did so far: little in the beginning, and nothing of a turn of the head that has just
begun. Who analyses a recording can wait. In poor light that finds more movements with fewer false alarms
(docs/spotting.md); everything else is the live view's spotter.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from model.face_noise import ASSUMED_S, LEARNING_S, Array, Comparison, FaceNoise, assumed_covariance, compare
from model.history import History
from model.motion import MotionSample
from model.region_group import RegionGroup, largest_motion
from model.regions import GROUPS
from model.resting import RestingFace
from model.spot import Spot, SpotterConfig
from model.spotting import Spotter

# What lies so many seconds away teaches 1/e as much as what is near, and nothing beyond three times that.
_NEAR_S: Final = 6.0
_FARTHEST_S: Final = 3 * _NEAR_S
# What is nearer than so many seconds may be the movement that is judged, which is no noise.
_TOO_NEAR_S: Final = 0.8
# With less than so many seconds to learn from, as in a short recording, that teaches as well; where even that is less,
# nothing is told.
_ENOUGH_S: Final = 1.0
# Measurements that wait to be judged hold their crops (64 KiB each): of a fast camera fewer seconds wait.
MOST_WAITING: Final = 1000
# The comparisons reach so far back (seconds).
_HISTORY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Lesson:
    time: float
    elapsed: float
    humps: Array
    known: npt.NDArray[np.bool_]


class NoiseAround(FaceNoise):
    """Learns from what comes before a moment and after it."""

    def __init__(self) -> None:
        super().__init__()
        self._known, self._known_s = assumed_covariance(), ASSUMED_S
        self._ahead = FaceNoise()
        self._history = History(_HISTORY_S)
        self._lessons: deque[_Lesson] = deque()
        self._taught_s = 0.0

    def see(self, sample: MotionSample) -> None:
        """Takes a measurement that is judged later."""
        self._history.append(sample)
        self._ahead.renew(sample.time)
        comparison = compare(self._history)
        if comparison is None:
            return
        elapsed = sample.time - float(self._history.times[-2])
        lesson = self._ahead.lesson(comparison)
        self._lessons.append(_Lesson(sample.time, elapsed, lesson, comparison.known))
        self._ahead.take(lesson, comparison.known, sample.time, elapsed)

    def know(self, at_rest: Array) -> None:
        super().know(at_rest)
        self._known, self._known_s = at_rest, LEARNING_S

    def is_settled(self, now: float) -> bool:
        return self._taught_s >= _ENOUGH_S or self._known_s > ASSUMED_S

    def learn(self, comparison: Comparison, now: float, elapsed: float) -> None:
        self._learn_rest(comparison, elapsed)

    def _gather(self, now: float) -> None:
        while self._lessons and now - self._lessons[0].time > _FARTHEST_S:
            self._lessons.popleft()
        total, seconds = self._known_s * self._known, np.full(len(self._known), self._known_s)
        taught = [lesson for lesson in self._lessons if abs(lesson.time - now) >= _TOO_NEAR_S]
        self._taught_s = sum(lesson.elapsed for lesson in taught)
        if self._taught_s < _ENOUGH_S:
            taught = list(self._lessons)
            self._taught_s = sum(lesson.elapsed for lesson in taught)
        if taught:
            away = np.abs(np.array([lesson.time for lesson in taught]) - now)
            weights = np.exp(-away / _NEAR_S) * np.array([lesson.elapsed for lesson in taught])
            known = weights[:, None] * np.array([lesson.known for lesson in taught])
            humps = np.stack([lesson.humps for lesson in taught], axis=1)  # [spans, lessons, coordinates]
            total = total + (humps * known.T[..., None]).transpose(0, 2, 1) @ humps
            seconds = seconds + known.sum(axis=0)
        self.covariance = total / seconds[:, None, None]


class HindsightSpotter:
    """Watches one face track of a recording; what it reports lies `SpotterConfig.look_ahead` seconds back.

    Args:
        config: What counts as a movement.
        resting: How the face moves at rest, if somebody marked such a stretch.
    """

    def __init__(self, config: SpotterConfig, resting: RestingFace | None = None) -> None:
        self._config = config
        self._around = NoiseAround()
        self._spotter = Spotter(config, resting, lambda: self._around)
        self._waiting: deque[MotionSample] = deque()
        self._rests: deque[tuple[float, float]] = deque()
        # How far the face is from its resting place is told of the newest frame, as in a live view.
        self._groups: list[RegionGroup] = []
        self._newest = 0.0

    @property
    def motion(self) -> float:
        """Largest displacement from rest in the newest frame, fraction of the inter-ocular distance."""
        return largest_motion(self._groups)

    @property
    def group_motion(self) -> tuple[float, ...]:
        """Largest displacement from rest of each group, likewise."""
        return tuple(group.displacement for group in self._groups)

    @property
    def running(self) -> None:
        """Nobody watches a recording while it is analysed."""

    @property
    def resting(self) -> RestingFace | None:
        """How the face moves at rest, if that was marked."""
        return self._spotter.resting

    @property
    def rests(self) -> int:
        """How often that was learnt."""
        return self._spotter.rests

    def push(self, sample: MotionSample) -> list[Spot]:
        """Takes one frame's measurement; returns the movements that are now complete."""
        spots: list[Spot] = []
        if sample.restarted or not self._groups:
            spots = self._judge_all()
            self._around = NoiseAround()
            self._groups = [RegionGroup(name, regions, sample, self._config) for name, regions in GROUPS.items()]
            self._newest = sample.time
        for group in self._groups:
            group.watch(sample, sample.time - self._newest)
        self._newest = sample.time
        self._around.see(sample)
        self._waiting.append(sample)
        while sample.time - self._waiting[0].time >= self._config.look_ahead or len(self._waiting) > MOST_WAITING:
            spots += self._judge(self._waiting.popleft())
        return spots

    def rest(self, seconds: float) -> None:
        """Says that the face is at rest for the next ``seconds``."""
        self._rests.append((self._newest, seconds))

    def finish(self) -> list[Spot]:
        """Ends the track: movements still under way are rejected, complete ones returned."""
        spots = self._judge_all() + self._spotter.finish()
        self._groups = []
        return spots

    def _judge_all(self) -> list[Spot]:
        spots = [spot for sample in self._waiting for spot in self._judge(sample)]
        self._waiting.clear()
        return spots

    def _judge(self, sample: MotionSample) -> list[Spot]:
        spots = self._spotter.push(sample)
        while self._rests and self._rests[0][0] <= sample.time:
            self._spotter.rest(self._rests.popleft()[1])
        return spots
