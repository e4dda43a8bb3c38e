"""Finds onset, apex and offset of facial movements in the motion of one face, while it happens.

Each group of regions (brows, eyelids, lower face) is watched on its own: a movement begins when a region leaves its
resting place by more than its threshold and ends when the group has come back and stayed back for a moment. What
groups find at the same time is one movement. Only times decide, never frame counts.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from model.merging import GroupMovement, belongs_together, merge
from model.motion import MotionSample
from model.region_group import NOISE_TIME_S, Candidate, RegionGroup, gain
from model.regions import GROUPS
from model.spot import Kind, Running, Spot, SpotterConfig
from model.timing import measure_curve

# 6 s at 240 fps; longer histories are never needed, faster sources keep fewer seconds.
_HISTORY_FRAMES: Final = 1440
# Seconds of history beyond the longest held pose, for the resting place before it.
_HISTORY_MARGIN_S: Final = 1.5
# A mouth that turned back and forth at least this often in one long movement was speaking.
_SPEECH_TURNS: Final = 4
# Micro-expressions kept to recognise their stragglers; more cannot fall into the hold limit.
_REPORTED: Final = 16
# Lids that stay down longer than this many seconds are no blink.
_LONGEST_BLINK_S: Final = 0.8


class _Moment(NamedTuple):
    """What is remembered of one frame; the pictures are not."""

    frame: int
    time: float
    displacement: npt.NDArray[np.float64]
    eye_opening: float


class Spotter:
    """Watches one face track."""

    def __init__(self, config: SpotterConfig | None = None) -> None:
        self.config = config or SpotterConfig()
        self._history: deque[_Moment] = deque(maxlen=_HISTORY_FRAMES)
        self._groups: list[RegionGroup] = []
        self._ended: list[GroupMovement] = []
        self._reported: deque[GroupMovement] = deque(maxlen=_REPORTED)
        self._opening_at_rest = 0.0

    @property
    def motion(self) -> float:
        """Largest displacement from rest in the newest frame, fraction of the inter-ocular distance."""
        return max((g.displacement for g in self._groups if g.name != "eyelids"), default=0.0)

    @property
    def running(self) -> Running | None:
        """The strongest movement under way that may still become a micro-expression."""
        now = self._history[-1].time if self._history else 0.0
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
        if sample.restarted or not self._groups:
            spots = self.finish()
            self._groups = [RegionGroup(name, regions, sample, self.config) for name, regions in GROUPS.items()]
            self._opening_at_rest = sample.eye_opening
        elapsed = sample.time - self._history[-1].time if self._history else 0.0
        self._remember(sample)
        for group in self._groups:
            candidate = group.watch(sample, elapsed)
            if candidate is not None:
                self._ended.append(self._judge(group, candidate))
        if all(group.candidate is None for group in self._groups):
            share = gain(elapsed, NOISE_TIME_S)
            self._opening_at_rest += (sample.eye_opening - self._opening_at_rest) * share
        return spots + self._report(sample.time)

    def finish(self) -> list[Spot]:
        """Ends the track: movements still under way are rejected, complete ones returned."""
        for group in self._groups:
            if group.candidate is not None:
                self._ended.append(self._judge(group, group.candidate, cut_off=group.candidate.released_at is None))
        spots = self._merge()
        self._history.clear()
        self._groups = []
        return spots

    def _remember(self, sample: MotionSample) -> None:
        span = self.config.hold_limit + _HISTORY_MARGIN_S
        while self._history and sample.time - self._history[0].time > span:
            self._history.popleft()
        self._history.append(_Moment(sample.frame, sample.time, sample.displacement, sample.eye_opening))

    def _judge(self, group: RegionGroup, candidate: Candidate, cut_off: bool = False) -> GroupMovement:
        """Measures a movement of one group and says what it was."""
        curve = measure_curve(
            np.array([m.time for m in self._history]),
            np.array([m.frame for m in self._history]),
            np.stack([m.displacement for m in self._history]),
            group.regions,
            candidate.start,
            candidate.peak_time,
            candidate.end,
        )
        duration = curve.offset - curve.onset
        kind: Kind = "micro"
        reason = ""
        if group.name != "lower face" and duration <= _LONGEST_BLINK_S and self._eyes_closed(curve.apex, curve.apex):
            kind = "blink"
        elif curve.strength < self.config.floor:
            kind, reason = "rejected", "drift"
        elif duration > self.config.max_duration:
            kind = "speech" if group.name == "lower face" and candidate.turns >= _SPEECH_TURNS else "macro"
        elif cut_off:
            kind, reason = "rejected", "the face or the recording ended"
        elif duration < self.config.min_duration:
            kind, reason = "rejected", "shorter than 1/25 s"
        elif group.name == "eyelids" and curve.strength < 2 * self.config.floor:
            # Lashes and reflections on the eyeball move the flow by as much.
            kind, reason = "rejected", "too weak for the eyelids"
        return GroupMovement(group.name, kind, curve, reason)

    def _eyes_closed(self, start: float, end: float) -> bool:
        """True if the lids came down between two times, give or take a moment."""
        limit, margin = self.config.blink_closure * self._opening_at_rest, self.config.settle
        return any(m.eye_opening < limit and start - margin <= m.time <= end + margin for m in self._history)

    def _report(self, now: float) -> list[Spot]:
        """Movements that nothing still under way can lead or explain any more."""
        if any(self._may_claim(group, ended, now) for group in self._groups for ended in self._ended):
            return []
        return self._merge()

    def _may_claim(self, group: RegionGroup, ended: GroupMovement, now: float) -> bool:
        candidate = group.candidate
        if candidate is None or candidate.start > ended.curve.offset:
            return False
        if now - candidate.start > self.config.max_duration + 2 * self.config.settle:
            return False  # too long for what it would have to be
        # A weaker one joins later, without a word; lids that close turn what they drag along into a blink.
        return candidate.peak > ended.curve.strength or (
            group.name == "eyelids" and self._eyes_closed(candidate.start, now)
        )

    def _merge(self) -> list[Spot]:
        # A group that came to rest too late to be waited for belongs to what was reported already.
        ended = [m for m in self._ended if not any(belongs_together(first, m) for first in self._reported)]
        self._ended = []
        spots = []
        for spot, leader in merge(ended):
            if spot.kind == "micro":
                self._reported.append(leader)
            spots.append(spot)
        return spots
