"""One group of regions in a short movement: from the filter's answer to a measured onset, apex and offset."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from model.history import History
from model.hump_fit import REACH_S, Hump, fit_hump
from model.matched_filter import Match
from model.merging import GroupMovement
from model.regions import GROUPS
from model.spot import Kind, SpotterConfig
from model.timing import MovementCurve, frames_around

# Whoever looks ahead waits so many seconds after a movement's top, until the widest filter has answered to it: a narrow
# one answers first, but what it sees is often a part.
_PATIENCE_S: Final = 0.3
# A movement is fitted again at most this often (seconds) while it runs.
_AGAIN_S: Final = 0.03
# A movement may begin within the one before it if it stands out by so many times as much.
_MUCH_STRONGER: Final = 1.5
_SHORTEST_SWALLOW_S: Final = 0.4


class HumpWatch:
    """Follows the best answer of the matched filter until the movement is over.

    Args:
        group: Name of the group in `model.regions.GROUPS`.
        config: What counts as a movement.
    """

    def __init__(self, group: str, config: SpotterConfig) -> None:
        self._group, self._config = group, config
        self._patience_s = _PATIENCE_S if config.look_ahead else 0.0
        self._regions = np.array(GROUPS[group])
        self.best: Match | None = None
        """The filter's best answer to the movement that may be under way."""
        self._fitted = -np.inf
        self._over, self._last_score = -np.inf, 0.0

    def push(self, match: Match, history: History) -> GroupMovement | None:
        """Takes the filter's newest answer.

        Returns:
            The movement, once it is over.
        """
        config, now = self._config, float(history.times[-1])
        stronger = self.best is None or match.score > self.best.score
        # What is much stronger than the movement before was not rightly a part of it.
        free = match.time > self._over or match.score > _MUCH_STRONGER * self._last_score
        if match.score >= config.least_score and free and stronger:
            self.best = match
        best = self.best
        if best is None or now - best.time < self._patience_s or now - self._fitted < _AGAIN_S:
            return None
        self._fitted = now
        hump = self._fit(best, history)
        if hump is None or now - hump.offset < config.settled:
            if now - best.time > config.max_duration:
                self.best = None
            return None
        self.best = None
        movement = self._judge(hump, best, history)
        if movement is not None and movement.kind != "rejected":
            self._over, self._last_score = hump.offset, best.score
        return movement

    def finish(self, history: History) -> GroupMovement | None:
        """The movement that was under way when the face or the recording ended."""
        best, self.best = self.best, None
        hump = None if best is None else self._fit(best, history)
        if best is None or hump is None:
            return None
        movement = self._judge(hump, best, history)
        if movement is not None and movement.kind == "micro" and hump.offset > history.times[-1]:
            return replace(movement, kind="rejected", reason="the face or the recording ended")
        return movement

    def _fit(self, match: Match, history: History) -> Hump | None:
        near = history.times >= match.time - REACH_S
        course = np.einsum("trd,rd->t", history.displacement[near], match.weights)
        return fit_hump(history.times[near], course, match.time, match.noise)

    def _judge(self, hump: Hump, match: Match, history: History) -> GroupMovement | None:
        config = self._config
        reason = ""
        duration = hump.offset - hump.onset
        # A chin that rises for a moment only does not swallow.
        kind: Kind = "micro" if match.kind == "swallow" and duration < _SHORTEST_SWALLOW_S else match.kind
        curve = self._curve(hump, history)
        if duration > config.max_duration or hump.explained < config.least_explained:
            return None  # a longer movement, which others watch, or none at all
        if curve.strength < config.least_strength:
            kind, reason = "rejected", "too weak"
        elif duration < config.min_duration:
            kind, reason = "rejected", "shorter than 1/25 s"
        return GroupMovement(self._group, kind, curve, reason, match.score)

    def _curve(self, hump: Hump, history: History) -> MovementCurve:
        times, frames = history.times, history.frames
        share = (hump.apex - hump.onset) / (hump.offset - hump.onset)
        rest = history.place(hump.onset) * (1.0 - share) + history.place(hump.offset) * share
        peaks = np.linalg.norm(history.place(hump.apex) - rest, axis=1)[self._regions]
        first, last = frames_around(times, frames, hump.onset, hump.offset)
        return MovementCurve(
            onset=hump.onset,
            apex=hump.apex,
            offset=hump.offset,
            onset_frame=first,
            apex_frame=int(frames[int(np.abs(times - hump.apex).argmin())]),
            offset_frame=last,
            strength=float(peaks.max()),
            regions=self._regions,
            peaks=peaks,
        )
