"""Finds onset, apex and offset of facial movements in the motion of one face, while it happens.

Each group of regions (brows, eyelids, lower face) is watched on its own: a movement begins when a region leaves its
resting place by more than its threshold and ends when the group has come back and stayed back for a moment. What
groups find at the same time is one movement. Only times decide, never frame counts.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from model.motion import MotionSample
from model.regions import GROUPS, REGIONS
from model.timing import MovementCurve, measure_curve

Kind = Literal["micro", "macro", "blink", "speech", "rejected"]

# 6 s at 240 fps; longer histories are never needed, faster sources keep fewer seconds.
_HISTORY_FRAMES: Final = 1440
# Seconds of history beyond the longest held pose, for the resting place before it.
_HISTORY_MARGIN_S: Final = 1.5
# A mouth that turned back and forth at least this often in one long movement was speaking.
_SPEECH_TURNS: Final = 4
# Movements of two groups are one if they share this much of the shorter one's time.
_SAME_MOVEMENT_OVERLAP: Final = 0.5
# Micro-expressions kept to recognise their stragglers; more cannot fall into the hold limit.
_REPORTED: Final = 16
# A change of the group's level is a turning point if it is this large (in thresholds) and this share of the peak.
_TURN_STEP: Final = 1.0
_TURN_OF_PEAK: Final = 0.25
# Lids that stay down longer than this many seconds are no blink.
_LONGEST_BLINK_S: Final = 0.8
# A pose held below this many thresholds is drift rather than an expression.
_WEAK_HOLD: Final = 2.5
# The noise estimate follows with this time constant (seconds) and never learns from a frame more than 3 times itself.
_NOISE_TIME_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class SpotterConfig:
    """Numbers that decide what counts as a micro-expression.

    Attributes:
        min_duration: Shortest micro-expression in seconds (1/25 s).
        max_duration: Longest micro-expression in seconds; beyond it a movement is a macro-expression.
        floor: Smallest displacement that can start a movement, in fractions of the inter-ocular distance. A still
            face filmed with sensor noise and a swaying head stays below 0.0015 (95th percentile 0.0009).
        noise_factor: A movement must exceed this many times the region's own resting noise (mean absolute deviation).
        release: A movement ends below this share of the threshold.
        release_of_peak: ... or below this share of its own peak, whichever is larger: skin does not return exactly.
        settle: Seconds a group must stay released before its movement is closed; shorter dips belong to the movement.
        warm_up: Seconds of learning the resting noise before anything is reported.
        baseline_time: Time constant in seconds with which the resting place follows slow drift.
        hold_limit: Seconds after which a pose that is held becomes the new resting place.
        still_after: Seconds without motion after which a group that came back more than halfway, or is held only
            weakly, counts as returned: skin, lashes and hair often come to rest a little elsewhere.
        blink_closure: A blink is a drop of the eyes' opening below this share of its resting value.
    """

    min_duration: float = 0.04
    max_duration: float = 0.5
    floor: float = 0.0035
    noise_factor: float = 6.0
    release: float = 0.6
    release_of_peak: float = 0.25
    settle: float = 0.1
    warm_up: float = 0.4
    baseline_time: float = 0.4
    hold_limit: float = 4.0
    still_after: float = 0.25
    blink_closure: float = 0.75


@dataclass(frozen=True, slots=True)
class Spot:
    """A movement in time.

    Attributes:
        kind: ``micro``, or what else it was; ``rejected`` movements carry their reason.
        onset: Seconds, finer than a frame.
        apex: Seconds of the largest displacement.
        offset: Seconds.
        onset_frame: Index of the last frame at rest.
        apex_frame: Index of the frame nearest the apex.
        offset_frame: Index of the first frame at rest again.
        strength: Peak displacement in fractions of the inter-ocular distance.
        regions: Regions that moved by at least half of the strongest one's displacement, strongest first.
        reason: Why a movement was rejected, or empty.
    """

    kind: Kind
    onset: float
    apex: float
    offset: float
    onset_frame: int
    apex_frame: int
    offset_frame: int
    strength: float
    regions: tuple[str, ...]
    reason: str = ""

    @property
    def duration(self) -> float:
        """Seconds from onset to offset."""
        return self.offset - self.onset


@dataclass(frozen=True, slots=True)
class Running:
    """A movement that has begun and not yet ended.

    Attributes:
        start: Seconds at which it was noticed.
        apex_frame: Frame of the largest displacement so far.
        apex: Its time in seconds.
        strength: That displacement in fractions of the inter-ocular distance.
    """

    start: float
    apex_frame: int
    apex: float
    strength: float


@dataclass(slots=True)
class _Candidate:
    start: float
    peak: float
    peak_frame: int
    peak_time: float
    last_strong: float
    still_since: float
    still_at: npt.NDArray[np.float64]
    released_at: float | None = None
    turns: int = 0
    last_extreme: float = 0.0
    rising: bool = True

    def follow(self, level: float, step: float) -> None:
        """Counts turning points of the movement's level that are larger than ``step``: speech goes up and down."""
        if self.rising:
            if level > self.last_extreme:
                self.last_extreme = level
            elif level < self.last_extreme - step:
                self.rising, self.last_extreme, self.turns = False, level, self.turns + 1
        elif level < self.last_extreme:
            self.last_extreme = level
        elif level > self.last_extreme + step:
            self.rising, self.last_extreme, self.turns = True, level, self.turns + 1


@dataclass(slots=True)
class _Group:
    name: str
    regions: npt.NDArray[np.intp]
    baseline: npt.NDArray[np.float64]
    noise: npt.NDArray[np.float64]
    candidate: _Candidate | None = None
    level: float = 0.0


@dataclass(frozen=True, slots=True)
class _Closed:
    group: str
    kind: Kind
    curve: MovementCurve
    reason: str = ""


@dataclass(slots=True)
class _History:
    """The last seconds of one face, bounded in time and number."""

    frames: deque[int] = field(default_factory=lambda: deque(maxlen=_HISTORY_FRAMES))
    times: deque[float] = field(default_factory=lambda: deque(maxlen=_HISTORY_FRAMES))
    displacements: deque[npt.NDArray[np.float64]] = field(default_factory=lambda: deque(maxlen=_HISTORY_FRAMES))
    openings: deque[float] = field(default_factory=lambda: deque(maxlen=_HISTORY_FRAMES))

    def append(self, sample: MotionSample, seconds: float) -> None:
        while self.times and sample.time - self.times[0] > seconds:
            for values in (self.frames, self.times, self.displacements, self.openings):
                values.popleft()
        self.frames.append(sample.frame)
        self.times.append(sample.time)
        self.displacements.append(sample.displacement)
        self.openings.append(sample.eye_opening)


class Spotter:
    """Watches one face track."""

    def __init__(self, config: SpotterConfig | None = None) -> None:
        self.config = config or SpotterConfig()
        self._history = _History()
        self._groups: list[_Group] = []
        self._closed: list[_Closed] = []
        self._reported: deque[MovementCurve] = deque(maxlen=_REPORTED)
        self._began = 0.0
        self._opening_rest = 0.0

    @property
    def motion(self) -> float:
        """Largest displacement from rest in the newest frame, fraction of the inter-ocular distance."""
        if not self._history.displacements:
            return 0.0
        newest = self._history.displacements[-1]
        return max(
            (
                float(np.linalg.norm(newest[g.regions] - g.baseline, axis=1).max())
                for g in self._groups
                if g.name != "eyelids"
            ),
            default=0.0,
        )

    @property
    def running(self) -> Running | None:
        """The strongest movement under way that may still become a micro-expression."""
        now = self._history.times[-1] if self._history.times else 0.0
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
            self._begin(sample)
        elapsed = sample.time - self._history.times[-1] if self._history.times else 0.0
        self._history.append(sample, self.config.hold_limit + _HISTORY_MARGIN_S)
        ready = sample.time - self._began >= self.config.warm_up
        for group in self._groups:
            self._watch(group, sample, elapsed, ready)
        if all(group.candidate is None for group in self._groups):
            self._opening_rest += (sample.eye_opening - self._opening_rest) * _gain(elapsed, _NOISE_TIME_S)
        return spots + self._release(sample.time)

    def finish(self) -> list[Spot]:
        """Ends the track: movements still under way are rejected, complete ones returned."""
        for group in self._groups:
            if group.candidate is not None:
                self._close(group, group.candidate, ended=True)
        spots = self._merge(self._closed)
        self._closed = []
        self._history = _History()
        self._groups = []
        return spots

    def _begin(self, sample: MotionSample) -> None:
        self._began = sample.time
        self._opening_rest = sample.eye_opening
        self._groups = [
            _Group(
                name,
                np.array(regions),
                sample.displacement[list(regions)].copy(),
                np.full(len(regions), self.config.floor / self.config.noise_factor / 2),
            )
            for name, regions in GROUPS.items()
        ]

    def _watch(self, group: _Group, sample: MotionSample, elapsed: float, ready: bool) -> None:
        here = sample.displacement[group.regions]
        amplitude = np.linalg.norm(here - group.baseline, axis=1)
        threshold = np.maximum(self.config.floor, self.config.noise_factor * group.noise)
        ratio = amplitude / threshold
        strongest = int(np.argmax(ratio))
        group.level = float(ratio[strongest])
        candidate = group.candidate
        if candidate is None:
            if ready and group.level >= 1.0:
                group.candidate = _Candidate(
                    start=sample.time,
                    peak=float(amplitude[strongest]),
                    peak_frame=sample.frame,
                    peak_time=sample.time,
                    last_strong=sample.time,
                    still_since=sample.time,
                    still_at=here,
                    last_extreme=group.level,
                )
                return
            if ready:
                group.baseline += (here - group.baseline) * _gain(elapsed, self.config.baseline_time)
                # A single outlier teaches little.
                lesson = np.minimum(amplitude, 3.0 * group.noise)
                group.noise += (lesson - group.noise) * _gain(elapsed, _NOISE_TIME_S)
            elif elapsed > 0.0:
                # Before the noise is known every frame counts the same: the plain means so far.
                share = elapsed / (sample.time - self._began)
                group.baseline += (here - group.baseline) * share
                group.noise += (amplitude - group.noise) * share
            return
        if amplitude[strongest] > candidate.peak:
            candidate.peak, candidate.peak_frame, candidate.peak_time = (
                float(amplitude[strongest]),
                sample.frame,
                sample.time,
            )
        candidate.follow(group.level, max(_TURN_STEP, _TURN_OF_PEAK * candidate.peak / float(threshold[strongest])))
        if float(np.linalg.norm(here - candidate.still_at, axis=1).max()) > 0.5 * self.config.floor:
            candidate.still_since, candidate.still_at = sample.time, here
        if amplitude[strongest] > 0.5 * candidate.peak:
            candidate.last_strong = sample.time
        limit = np.maximum(self.config.release * threshold, self.config.release_of_peak * candidate.peak)
        if bool((amplitude < limit).all()):
            if candidate.released_at is None:
                candidate.released_at = sample.time
            if sample.time - candidate.released_at >= self.config.settle:
                self._close(group, candidate)
            return
        candidate.released_at = None
        still = sample.time - candidate.still_since
        back = sample.time > candidate.last_strong or group.level < _WEAK_HOLD
        if (back and still >= self.config.still_after) or sample.time - candidate.start > self.config.hold_limit:
            self._close(group, candidate)
            group.baseline = here.copy()

    def _curve(self, group: _Group, candidate: _Candidate) -> MovementCurve:
        return measure_curve(
            np.array(self._history.times),
            np.array(self._history.frames),
            np.stack(self._history.displacements),
            group.regions,
            candidate.start,
            candidate.peak_time,
            candidate.last_strong if candidate.released_at is None else candidate.released_at,
        )

    def _close(self, group: _Group, candidate: _Candidate, ended: bool = False) -> None:
        group.candidate = None
        curve = self._curve(group, candidate)
        duration = curve.offset - curve.onset
        kind: Kind = "micro"
        reason = ""
        if group.name != "lower face" and duration <= _LONGEST_BLINK_S and self._eyes_closed(curve):
            kind = "blink"
        elif duration > self.config.max_duration:
            kind = "speech" if group.name == "lower face" and candidate.turns >= _SPEECH_TURNS else "macro"
        elif ended and candidate.released_at is None:
            kind, reason = "rejected", "the face or the recording ended"
        elif duration < self.config.min_duration:
            kind, reason = "rejected", "shorter than 1/25 s"
        elif group.name == "eyelids" and curve.strength < 2 * self.config.floor:
            # Lashes and reflections on the eyeball move the flow by as much.
            kind, reason = "rejected", "too weak for the eyelids"
        self._closed.append(_Closed(group.name, kind, curve, reason))

    def _eyes_closed(self, curve: MovementCurve) -> bool:
        """True if the movement peaks in a blink."""
        limit = self.config.blink_closure * self._opening_rest
        return any(
            opening < limit and abs(time - curve.apex) <= self.config.settle
            for time, opening in zip(self._history.times, self._history.openings, strict=True)
        )

    def _release(self, now: float) -> list[Spot]:
        """Movements that no movement still under way can join any more."""
        if not self._closed:
            return []
        young = [
            g.candidate.start
            for g in self._groups
            if g.candidate is not None and now - g.candidate.start <= self.config.max_duration + 2 * self.config.settle
        ]
        if any(start <= closed.curve.offset for start in young for closed in self._closed):
            return []
        closed, self._closed = self._closed, []
        return self._merge(closed)

    def _merge(self, closed: list[_Closed]) -> list[Spot]:
        spots = []
        rest = sorted(closed, key=lambda c: -c.curve.strength)
        # A blink drags brows and cheeks along: it takes over what the neighbours show at the same time.
        rest.sort(key=lambda c: c.kind != "blink")
        while rest:
            first, rest = rest[0], rest[1:]
            same = [c for c in rest if _belongs_together(first, c)]
            rest = [c for c in rest if c not in same]
            if first.kind == "micro":
                # A group that came to rest too late to be waited for belongs to what was reported already.
                if any(_overlap(first.curve, curve) >= _SAME_MOVEMENT_OVERLAP for curve in self._reported):
                    continue
                self._reported.append(first.curve)
            spots.append(_spot(first, same))
        return sorted(spots, key=lambda s: s.onset)


def _gain(elapsed: float, time_constant: float) -> float:
    return float(1.0 - np.exp(-elapsed / time_constant))


def _overlap(a: MovementCurve, b: MovementCurve) -> float:
    shared = min(a.offset, b.offset) - max(a.onset, b.onset)
    return shared / max(min(a.offset - a.onset, b.offset - b.onset), 1e-6)


def _belongs_together(first: _Closed, other: _Closed) -> bool:
    if _overlap(first.curve, other.curve) < _SAME_MOVEMENT_OVERLAP:
        return False
    if first.kind == "blink":
        return other.kind == "blink" or (other.group != "lower face" and other.curve.strength < first.curve.strength)
    return other.kind == first.kind or other.kind == "rejected"


def _spot(first: _Closed, others: list[_Closed]) -> Spot:
    curve = first.curve
    moved = [
        (float(s), REGIONS[r]) for c in (first, *others) for r, s in zip(c.curve.regions, c.curve.peaks, strict=True)
    ]
    strongest = max(s for s, _ in moved)
    regions = tuple(name for s, name in sorted(moved, reverse=True) if s >= 0.5 * strongest)
    return Spot(
        first.kind,
        curve.onset,
        curve.apex,
        curve.offset,
        curve.onset_frame,
        curve.apex_frame,
        curve.offset_frame,
        curve.strength,
        regions,
        first.reason,
    )
