"""What a movement was, by everything else that is known of the face at that time."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from model.history import History
from model.merging import GroupMovement
from model.motion import MotionSample
from model.region_group import NOISE_TIME_S, Candidate, gain
from model.regions import REGIONS
from model.spot import Kind, SpotterConfig
from model.timing import MovementCurve

# A mouth that turned back and forth at least this often in one long movement was speaking.
_SPEECH_TURNS: Final = 4
# A swallow lifts the chin for less than this many seconds, and all else by less than this share of it.
_LONGEST_SWALLOW_S: Final = 1.5
_SWALLOW_ELSEWHERE: Final = 0.4
_CHIN: Final = REGIONS.index("chin")
# A mouth that moves again within so many seconds speaks, and goes on speaking when it paused for so many (the second
# figure), unless what comes next stands out far more.
_NEXT_SYLLABLE_S: Final = (0.35, 0.9)
_SYLLABLE_SHARE: Final = 0.75
_SYLLABLE_LEAST: Final = 6.0
_SYLLABLES: Final = 8
# A longer movement under way trembles by less than this share of its size.
_OF_LONGER: Final = 0.35
# A larger movement began with a short one if it was noticed from so many seconds before it on and is so many times as
# large by the time the short one has ended.
_BEGINNING_S: Final = 0.2
_LARGER: Final = 2.0
# Eyes that were narrowed rather than shut in a blink become the new normal within about so many seconds.
_NARROWED_S: Final = 10.0
# Lids that stay down longer than this many seconds are no blink.
_LONGEST_BLINK_S: Final = 0.8


class Explanation:
    """Tells blinks, looks, speech, swallows and changes of light from expressions.

    Args:
        config: What counts as a movement.
        history: The face's newest measurements; followed while it grows.
        eye_opening: Of the open eyes, as far as it is known.
    """

    def __init__(self, config: SpotterConfig, history: History, eye_opening: float) -> None:
        self._config, self._history = config, history
        self.opening_at_rest = eye_opening
        self._mouth: deque[GroupMovement] = deque(maxlen=_SYLLABLES)

    def watch(self, sample: MotionSample, elapsed: float) -> None:
        """Learns how wide the eyes usually are."""
        closed = sample.eye_opening < self._config.blink_closure * self.opening_at_rest
        share = gain(elapsed, _NARROWED_S if closed else NOISE_TIME_S)
        self.opening_at_rest += (sample.eye_opening - self.opening_at_rest) * share

    def judge(self, group: str, candidate: Candidate, curve: MovementCurve, cut_off: bool) -> tuple[Kind, str]:
        """What a group's movement was that was noticed by its size, and why it does not count, if so.

        Args:
            group: Name of the group.
            candidate: How it was noticed.
            curve: How it was measured.
            cut_off: True if the face or the recording ended before it did.
        """
        config, duration = self._config, curve.offset - curve.onset
        if group != "lower face" and duration <= _LONGEST_BLINK_S and self.eyes_closed(curve.apex, curve.apex):
            return "blink", ""
        if group == "eyelids" and self._gaze_shifted(curve.onset, curve.apex):
            return "gaze", ""
        if curve.strength < config.floor:
            return "rejected", "drift"
        if duration > config.max_duration:
            return self._long_kind(group, candidate, curve), ""
        if cut_off:
            return "rejected", "the face or the recording ended"
        if duration < config.min_duration:
            return "rejected", "shorter than 1/25 s"
        if group == "eyelids" and curve.strength < 2 * config.floor:
            # Lashes and reflections on the eyeball move the flow by as much.
            return "rejected", "too weak for the eyelids"
        return "micro", ""

    def explain(self, short: GroupMovement, under_way: Mapping[str, Candidate]) -> GroupMovement:
        """A short movement as what it was, or seems to have been.

        Args:
            short: The movement: ``micro``, or ``speech`` if a muscle of speech might have made it.
            under_way: What each group is in the middle of.
        """
        kind, reason = self._cause(short, under_way)
        shut = short.group == "brows" and self.eyes_closed(short.curve.apex, short.curve.apex)
        seems: Kind = "blink" if shut else short.kind
        if seems == "micro" or kind == "light":
            return replace(short, kind=kind, reason=reason)
        # The lids say blink, or the mouth's shape says speech, and nothing else speaks against an expression.
        return replace(short, kind=seems, disputed=kind == "micro" and short.score > 0.0)

    def _cause(self, short: GroupMovement, under_way: Mapping[str, Candidate]) -> tuple[Kind, str]:
        """What else a short movement was by what came before and goes on, and why it does not count, if so."""
        curve = short.curve
        longer = under_way.get(short.group)
        within = longer if longer is not None and longer.start < curve.apex else None
        if self._light_changed(curve):
            return "light", ""
        if short.group == "lower face" and self._is_syllable(short, within):
            return "speech", ""
        if within is not None and curve.strength < _OF_LONGER * within.peak:
            return "rejected", "part of a longer movement"
        if any(self._begins_with(short, larger) for name, larger in under_way.items() if name != "eyelids"):
            return "rejected", "the beginning of a larger movement"
        return "micro", ""

    def _begins_with(self, short: GroupMovement, larger: Candidate) -> bool:
        """True if a larger movement that goes on began with it.

        While much of the face begins to move, the head's own motion is misjudged for a moment.
        """
        start = short.curve.onset - _BEGINNING_S <= larger.start <= short.curve.offset
        return start and larger.released_at is None and larger.peak > _LARGER * short.curve.strength

    def remember(self, movement: GroupMovement) -> None:
        """Takes note of what the mouth did: what it does next may belong to it."""
        if movement.group == "lower face" and movement.kind in ("micro", "speech"):
            self._mouth.append(movement)

    def eyes_closed(self, start: float, end: float) -> bool:
        """True if the lids came down between two times, give or take a moment."""
        limit, margin = self._config.blink_closure * self.opening_at_rest, self._config.settle
        times, openings = self._history.times, self._history.openings
        return bool((openings[(times >= start - margin) & (times <= end + margin)] < limit).any())

    def _is_syllable(self, short: GroupMovement, longer: Candidate | None) -> bool:
        if longer is not None and longer.turns >= _SPEECH_TURNS:
            return True
        onset = short.curve.onset
        before = [m for m in self._mouth if m.curve.apex < onset]
        said = [m for m in before if onset - m.curve.offset < _NEXT_SYLLABLE_S[m.kind == "speech"]]
        return any(m.score > max(_SYLLABLE_LEAST, _SYLLABLE_SHARE * short.score) for m in said)

    def _long_kind(self, group: str, candidate: Candidate, curve: MovementCurve) -> Kind:
        if self._light_changed(curve):
            return "light"
        if group == "lower face":
            if candidate.turns >= _SPEECH_TURNS:
                return "speech"
            others = [peak for region, peak in zip(curve.regions, curve.peaks, strict=True) if region != _CHIN]
            if curve.offset - curve.onset <= _LONGEST_SWALLOW_S and max(others) < _SWALLOW_ELSEWHERE * curve.strength:
                return "swallow"
        return "macro"

    def _gaze_shifted(self, start: float, end: float) -> bool:
        """True if the irises moved between two times, give or take a moment."""
        times, margin = self._history.times, self._config.settle
        gaze = self._history.gaze[(times >= start - margin) & (times <= end + margin)]
        return len(gaze) > 1 and float(np.ptp(gaze, axis=0).max()) > self._config.gaze_shift

    def _light_changed(self, curve: MovementCurve) -> bool:
        """True if the face became brighter or darker meanwhile."""
        times = self._history.times
        light = self._history.light[(times >= curve.onset) & (times <= curve.offset)]
        return len(light) > 1 and float(np.ptp(light)) > self._config.light_change * float(light.mean())
