"""Time courses of facial movements, exact to a fraction of a frame, and the frames in which they are filmed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

# Micro-expressions last 1/25 to 1/2 second.
_DURATIONS: Final = (0.04, 0.5)
# Frames that a movement must span to be spotted at all.
_FEWEST_FRAMES: Final = 2.2
# Contraction is faster than relaxation: share of the duration spent rising.
_RISE: Final = (0.25, 0.6)
# Standard deviation of a spotter's error: so many seconds, and at least this share of a frame.
_SPOTTING_ERROR_S: Final = 0.008
_SPOTTING_ERROR_FRAMES: Final = 0.4


@dataclass(frozen=True, slots=True)
class TimeCourse:
    """A movement that rises from ``onset`` to ``apex``, lasts for ``hold`` and falls back by ``offset`` (seconds)."""

    onset: float
    apex: float
    offset: float
    hold: float = 0.0

    def __post_init__(self) -> None:
        if not self.onset < self.apex <= self.apex + self.hold < self.offset:
            raise ValueError(f"onset < apex < offset does not hold: {self.onset}, {self.apex}, {self.offset}")

    def strength(self, time: float, remains: float = 0.0) -> float:
        """Share of the peak at ``time``, 0-1, along half cosines: no jump in position or speed.

        Args:
            time: Seconds.
            remains: Share of the peak that is still there from the offset on.
        """
        if time <= self.onset:
            return 0.0
        if time >= self.offset:
            return remains
        if time <= self.apex:
            phase = (time - self.onset) / (self.apex - self.onset)
            return float(0.5 - 0.5 * np.cos(np.pi * phase))
        if time <= self.apex + self.hold:
            return 1.0
        phase = (self.offset - time) / (self.offset - self.apex - self.hold)
        return float(remains + (1.0 - remains) * (0.5 - 0.5 * np.cos(np.pi * phase)))


@dataclass(frozen=True, slots=True)
class KeyTimes:
    """A time course and when its key frames were filmed.

    Attributes:
        course: The movement.
        frames: ``float64 [4]`` seconds: one spacing before the onset frame, onset, apex and offset frame.
    """

    course: TimeCourse
    frames: npt.NDArray[np.float64]

    @property
    def truth(self) -> tuple[float, float, float]:
        """True onset, apex and offset in seconds from the filmed onset frame."""
        start = float(self.frames[1])
        return self.course.onset - start, self.course.apex - start, self.course.offset - start

    def moment(self, time: float) -> float:
        """The fractional moment at ``time`` seconds, 0 (before) to 3 (offset); what lies outside is the nearest end."""
        return float(np.interp(time, self.frames, np.arange(len(self.frames))))


def draw_key_times(fps: float, rng: np.random.Generator, drops: float = 0.0) -> KeyTimes:
    """A movement and the frames that a spotter would pick: a little off, and never between two frames.

    Args:
        fps: Frames per second.
        rng: Source of chance.
        drops: Chance that a key frame was dropped by the camera and its neighbour stands in for it.
    """
    shortest = max(_DURATIONS[0], min(_FEWEST_FRAMES / fps, _DURATIONS[1] * 0.9))
    duration = float(rng.uniform(shortest, _DURATIONS[1]))
    course = TimeCourse(0.0, duration * float(rng.uniform(*_RISE)), duration)
    error = max(_SPOTTING_ERROR_S, _SPOTTING_ERROR_FRAMES / fps)
    phase = rng.uniform(0.0, 1.0)
    wanted = np.array([course.onset, course.apex, course.offset]) + rng.normal(0.0, error, 3)
    dropped = (rng.random(3) < drops) * rng.choice([-1, 1], 3)
    onset, apex, offset = np.rint(wanted * fps + phase) + dropped
    apex = max(apex, onset + 1)
    offset = max(offset, apex + 1)
    frames = (np.array([2 * onset - apex, onset, apex, offset]) - phase) / fps
    return KeyTimes(course, frames)
