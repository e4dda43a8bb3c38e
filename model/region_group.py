"""One group of regions of a face: its resting place, its noise, and the movement it is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from model.motion import MotionSample
from model.spot import SpotterConfig

# A change of the group's level is a turning point if it is this large (in thresholds) and this share of the peak.
_TURN_STEP: Final = 1.0
_TURN_OF_PEAK: Final = 0.25
# A pose held below this many thresholds is drift rather than an expression.
_WEAK_HOLD: Final = 2.5
# The noise estimate follows with this time constant (seconds) and never learns from a frame more than 3 times itself.
NOISE_TIME_S: Final = 2.0


@dataclass(slots=True)
class Candidate:
    """A movement under way.

    Attributes:
        start: Seconds at which it was noticed.
        peak: Largest displacement so far, fraction of the inter-ocular distance.
        peak_frame: Frame of the peak.
        peak_time: Its time in seconds.
        last_strong: Last time at which it was above half of its peak.
        still_since: Since when nothing has moved.
        still_at: Where the regions were then.
        released_at: Since when the group has been back at rest, if it is.
        turns: How often the movement turned back and forth.
    """

    start: float
    peak: float
    peak_frame: int
    peak_time: float
    last_strong: float
    still_since: float
    still_at: npt.NDArray[np.float64]
    released_at: float | None = None
    turns: int = 0
    _last_extreme: float = 0.0
    _rising: bool = True

    def follow(self, level: float, step: float) -> None:
        """Counts turning points of the movement's level that are larger than ``step``: speech goes up and down."""
        if self._rising:
            if level > self._last_extreme:
                self._last_extreme = level
            elif level < self._last_extreme - step:
                self._rising, self._last_extreme, self.turns = False, level, self.turns + 1
        elif level < self._last_extreme:
            self._last_extreme = level
        elif level > self._last_extreme + step:
            self._rising, self._last_extreme, self.turns = True, level, self.turns + 1

    @property
    def end(self) -> float:
        """Seconds until which it lasted as far as is known."""
        return self.last_strong if self.released_at is None else self.released_at


class RegionGroup:
    """Watches a group of regions that usually move together.

    Args:
        name: Its name in `model.regions.GROUPS`.
        regions: Indices of its regions.
        first: The first measurement of the face.
        config: What counts as a movement.
    """

    def __init__(self, name: str, regions: tuple[int, ...], first: MotionSample, config: SpotterConfig) -> None:
        self.name = name
        self.regions = np.array(regions)
        self.candidate: Candidate | None = None
        self.displacement = 0.0
        """Largest displacement of a region from rest in the newest measurement."""
        self._config = config
        self._began = first.time
        self._baseline = first.displacement[self.regions].copy()
        # Until the noise is known, half of what the floor allows for is assumed.
        self._noise = np.full(len(regions), config.floor / config.noise_factor / 2)

    def watch(self, sample: MotionSample, elapsed: float) -> Candidate | None:
        """Takes the next measurement.

        Args:
            sample: The measurement.
            elapsed: Seconds since the one before.

        Returns:
            The movement, if this measurement ended it.
        """
        amplitude = np.asarray(np.linalg.norm(sample.displacement[self.regions] - self._baseline, axis=1))
        self.displacement = float(amplitude.max())
        threshold = np.maximum(self._config.floor, self._config.noise_factor * self._noise)
        if self.candidate is None:
            ready = sample.time - self._began >= self._config.warm_up
            strongest = int(np.argmax(amplitude / threshold))
            if ready and amplitude[strongest] >= threshold[strongest]:
                self.candidate = Candidate(
                    start=sample.time,
                    peak=float(amplitude[strongest]),
                    peak_frame=sample.frame,
                    peak_time=sample.time,
                    last_strong=sample.time,
                    still_since=sample.time,
                    still_at=sample.displacement[self.regions],
                )
            else:
                self._learn(sample, amplitude, elapsed, ready)
            return None
        if not self._over(self.candidate, sample, amplitude, threshold):
            return None
        ended, self.candidate = self.candidate, None
        return ended

    def _learn(self, sample: MotionSample, amplitude: npt.NDArray[np.float64], elapsed: float, ready: bool) -> None:
        here = sample.displacement[self.regions]
        if ready:
            self._baseline += (here - self._baseline) * gain(elapsed, self._config.baseline_time)
            # A single outlier teaches little.
            lesson = np.minimum(amplitude, 3.0 * self._noise)
            self._noise += (lesson - self._noise) * gain(elapsed, NOISE_TIME_S)
        elif elapsed > 0.0:
            # Before the noise is known every frame counts the same: the plain means so far.
            share = elapsed / (sample.time - self._began)
            self._baseline += (here - self._baseline) * share
            self._noise += (amplitude - self._noise) * share

    def _over(
        self,
        candidate: Candidate,
        sample: MotionSample,
        amplitude: npt.NDArray[np.float64],
        threshold: npt.NDArray[np.float64],
    ) -> bool:
        """Follows the movement; True when the group has come to rest."""
        config, here = self._config, sample.displacement[self.regions]
        strongest = int(np.argmax(amplitude / threshold))
        level = float(amplitude[strongest] / threshold[strongest])
        limit = np.maximum(config.release * threshold, config.release_of_peak * candidate.peak)
        at_rest = bool((amplitude < limit).all())
        # A region that is restless by itself may go further at rest than a quiet one went in the movement.
        if amplitude[strongest] > candidate.peak and not at_rest:
            candidate.peak = float(amplitude[strongest])
            candidate.peak_frame, candidate.peak_time = sample.frame, sample.time
        candidate.follow(level, max(_TURN_STEP, _TURN_OF_PEAK * candidate.peak / float(threshold[strongest])))
        if float(np.linalg.norm(here - candidate.still_at, axis=1).max()) > 0.5 * config.floor:
            candidate.still_since, candidate.still_at = sample.time, here
        if amplitude[strongest] > 0.5 * candidate.peak:
            candidate.last_strong = sample.time
        if at_rest:
            if candidate.released_at is None:
                candidate.released_at = sample.time
            return sample.time - candidate.released_at >= config.settle
        candidate.released_at = None
        back = sample.time > candidate.last_strong or level < _WEAK_HOLD
        rests = back and sample.time - candidate.still_since >= config.still_after
        if rests or sample.time - candidate.start > config.hold_limit:
            self._baseline = here.copy()
            return True
        return False


def largest_motion(groups: Sequence[RegionGroup]) -> float:
    """Largest displacement from rest in the newest measurement; the lids, which blink, are left out."""
    return max((group.displacement for group in groups if group.name != "eyelids"), default=0.0)


def gain(elapsed: float, time_constant: float) -> float:
    """Share of the way that an exponential average goes in ``elapsed`` seconds."""
    return float(1.0 - np.exp(-elapsed / time_constant))
