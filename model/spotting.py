"""Finds onset, apex and offset of facial movements in the motion of one face, while it happens.

Each group of regions (brows, eyelids, lower face) is watched on its own and in two ways. Short movements are found by a
matched filter, which sees them in a face that turns and drifts (`model.matched_filter`, `model.hump`). Longer ones, and
those that no known muscle makes, are noticed by their size (`model.region_group`): they begin when a region leaves its
resting place by more than its threshold and end when the group has come back and stayed back for a moment. What groups
find at the same time is one movement. Only times decide, never frame counts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from model.explanation import Explanation
from model.face_noise import FaceNoise
from model.history import History
from model.hump import HumpWatch
from model.matched_filter import MatchedFilter
from model.merging import GroupMovement, belongs_together, merge, settle_disputes
from model.motion import MotionSample
from model.region_group import Candidate, RegionGroup, largest_motion
from model.regions import GROUPS
from model.resting import RestingFace
from model.spot import Running, Spot, SpotterConfig
from model.timing import measure_curve

# Seconds of history beyond the longest held pose, for the resting place before it.
_HISTORY_MARGIN_S: Final = 1.5
# Movements kept to recognise their stragglers; more cannot fall into the hold limit.
_REPORTED: Final = 16


class Spotter:
    """Watches one face track.

    Args:
        config: What counts as a movement.
        resting: How the face moves at rest, if somebody marked such a stretch.
        noise: Makes what learns how the face moves when nothing happens; called wherever the measurement begins anew.
    """

    def __init__(
        self,
        config: SpotterConfig | None = None,
        resting: RestingFace | None = None,
        noise: Callable[[], FaceNoise] = FaceNoise,
    ) -> None:
        self.config = config or SpotterConfig()
        self._new_noise = noise
        self.resting = resting
        """How the face moves at rest, if that was marked."""
        self.rests = 0
        """How often that was learnt."""
        self._rest: tuple[float, float] | None = None
        self._openings: list[float] = []
        self._history = History(self.config.hold_limit + _HISTORY_MARGIN_S)
        self._watch: _Watch | None = None
        self._ended: list[GroupMovement] = []
        self._reported: deque[GroupMovement] = deque(maxlen=_REPORTED)

    @property
    def motion(self) -> float:
        """Largest displacement from rest in the newest frame, fraction of the inter-ocular distance."""
        return largest_motion(self._groups)

    @property
    def group_motion(self) -> tuple[float, ...]:
        """Largest displacement from rest of each group, likewise."""
        return tuple(group.displacement for group in self._groups)

    @property
    def running(self) -> Running | None:
        """The strongest movement under way that may still become a micro-expression."""
        now = self._now
        candidates = [
            g.candidate
            for g in self._groups
            if g.candidate is not None and g.name != "eyelids" and now - g.candidate.start <= self.config.max_duration
        ]
        if not candidates:
            return None
        best = max(candidates, key=lambda c: c.peak)
        return Running(best.start, best.peak_frame, best.peak_time, best.peak)

    def push(self, sample: MotionSample) -> list[Spot]:
        """Takes one frame's measurement; returns the movements that are now complete."""
        spots: list[Spot] = []
        if sample.restarted or self._watch is None:
            spots = self.finish()
            self._watch = _Watch.begun(sample, self._history, self.config, self.resting, self._new_noise())
        watch = self._watch
        elapsed = sample.time - self._now if len(self._history) else 0.0
        self._history.append(sample)
        for name, match in watch.filter.push(self._history).items():
            self._note(watch, watch.humps[name].push(match, self._history))
        for group in watch.groups:
            candidate = group.watch(sample, elapsed)
            if candidate is not None:
                self._note(watch, self._measure(watch, group, candidate))
        watch.explanation.watch(sample, elapsed)
        self._watch_rest(watch, sample)
        return spots + self._report(watch, sample.time)

    def rest(self, seconds: float) -> None:
        """Says that the face is at rest for the next ``seconds``."""
        now = self._now
        self._rest = (now, now + seconds)
        self._openings = []
        if self._watch is not None:
            self._watch.filter.noise.begin_rest()

    def _watch_rest(self, watch: _Watch, sample: MotionSample) -> None:
        if self._rest is None:
            return
        if sample.restarted:
            self._rest = None  # what was learnt so far belongs to the time before
            return
        self._openings.append(sample.eye_opening)
        if sample.time >= self._rest[1]:
            self._rest = None
            covariance = watch.filter.noise.end_rest()
            if covariance is not None:
                self.resting = RestingFace(covariance, float(np.median(self._openings)))
                watch.explanation.opening_at_rest = self.resting.eye_opening
                self.rests += 1

    def finish(self) -> list[Spot]:
        """Ends the track: movements still under way are rejected, complete ones returned."""
        watch, self._watch = self._watch, None
        if watch is None:
            return []
        # Short movements first: what is still under way explains them.
        for hump in watch.humps.values():
            self._note(watch, hump.finish(self._history))
        for group in watch.groups:
            candidate, group.candidate = group.candidate, None
            if candidate is not None:
                self._note(watch, self._measure(watch, group, candidate, cut_off=candidate.released_at is None))
        spots = self._merge(self._ended)
        self._history.clear()
        return spots

    @property
    def _groups(self) -> list[RegionGroup]:
        return [] if self._watch is None else self._watch.groups

    @property
    def _now(self) -> float:
        return float(self._history.times[-1]) if len(self._history) else 0.0

    def _note(self, watch: _Watch, movement: GroupMovement | None) -> None:
        """Takes a movement that is over."""
        if movement is None:
            return
        shaped_as_speech = movement.kind == "speech" and movement.score > 0.0
        said_to_rest = self._rest is not None and movement.curve.apex >= self._rest[0]
        if movement.kind == "micro" and said_to_rest:
            movement = replace(movement, kind="rejected", reason="while the face was said to be at rest")
        elif movement.kind == "micro" or (shaped_as_speech and not said_to_rest):
            under_way = {group.name: group.candidate for group in watch.groups if group.candidate is not None}
            movement = watch.explanation.explain(movement, under_way)
        watch.explanation.remember(movement)
        self._ended.append(movement)

    def _measure(self, watch: _Watch, group: RegionGroup, candidate: Candidate, cut_off: bool = False) -> GroupMovement:
        """A movement of one group that was noticed by its size."""
        curve = measure_curve(
            self._history.times,
            self._history.frames,
            self._history.displacement,
            group.regions,
            candidate.start,
            candidate.peak_time,
            candidate.end,
        )
        kind, reason = watch.explanation.judge(group.name, candidate, curve, cut_off)
        return GroupMovement(group.name, kind, curve, reason)

    def _report(self, watch: _Watch, now: float) -> list[Spot]:
        """Movements that nothing still under way can lead or explain any more."""
        waiting = [ended for ended in self._ended if self._is_claimed(watch, ended, now)]
        return self._merge([ended for ended in self._ended if ended not in waiting], waiting)

    def _is_claimed(self, watch: _Watch, ended: GroupMovement, now: float) -> bool:
        # A weaker one joins later, without a word.
        stronger = [hump.best for hump in watch.humps.values() if hump.best and hump.best.score > ended.score]
        if any(match.time - match.span < ended.curve.offset for match in stronger):
            return True
        found = ended.score > 0.0  # by the matched filter: nothing but its like can lead it
        return not found and any(self._may_claim(watch, group, ended, now) for group in watch.groups)

    def _may_claim(self, watch: _Watch, group: RegionGroup, ended: GroupMovement, now: float) -> bool:
        candidate = group.candidate
        if candidate is None or candidate.start > ended.curve.offset:
            return False
        if now - candidate.start > self.config.max_duration + 2 * self.config.settle:
            return False  # too long for what it would have to be
        # Lids that close turn what they drag along into a blink.
        return candidate.peak > ended.curve.strength or (
            group.name == "eyelids" and watch.explanation.eyes_closed(candidate.start, now)
        )

    def _merge(self, ready: list[GroupMovement], waiting: Sequence[GroupMovement] = ()) -> list[Spot]:
        # A group that came to rest too late to be waited for belongs to what was reported already.
        fresh = [m for m in ready if not self._is_reported(m)]
        self._ended = list(waiting)
        spots = []
        for spot, leader in merge(settle_disputes(fresh)):
            if leader.kind in ("micro", "blink") or leader.score > 0.0:
                self._reported.append(leader)
            spots.append(spot)
        return spots

    def _is_reported(self, ended: GroupMovement) -> bool:
        # A blink that only the lids' size told explains later blinks alone: they are the same one, seen at the brows.
        plain_blink = ended.kind == "blink" and not ended.disputed
        return any(
            belongs_together(first, ended) and (plain_blink or first.kind == "micro" or first.score > 0.0)
            for first in self._reported
        )


@dataclass(frozen=True, slots=True)
class _Watch:
    """All that watches a face from its first measurement until it is lost."""

    groups: list[RegionGroup]
    filter: MatchedFilter
    humps: dict[str, HumpWatch]
    explanation: Explanation

    @classmethod
    def begun(
        cls,
        sample: MotionSample,
        history: History,
        config: SpotterConfig,
        resting: RestingFace | None,
        noise: FaceNoise,
    ) -> _Watch:
        opening = sample.eye_opening
        if resting is not None:
            opening = resting.eye_opening
            noise.know(resting.covariance)
        return cls(
            [RegionGroup(name, regions, sample, config) for name, regions in GROUPS.items()],
            MatchedFilter(sample.centres, noise),
            {name: HumpWatch(name, config) for name in GROUPS},
            Explanation(config, history, opening),
        )
