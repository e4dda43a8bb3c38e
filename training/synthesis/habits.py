"""What faces do all day besides expressing anything, as functions of time: blinks, syllables, looks, swallows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from training.synthesis.timecourse import TimeCourse

LIP_PUCKER: Final = 18
"""The action unit that purses the lips."""

# A lid that closes fully stays shut for a moment: its course is cut off at 1.
_OVERSHOOT: Final = 1.15
# Speech swells and fades within this many seconds of its start and end.
_SWELL_S: Final = 0.15
# Stressed syllables open the mouth wider; how often a second, and by how much.
_STRESS_HZ: Final = 0.9
_STRESS: Final = 0.25
# Between two syllables the mouth closes to this share.
_BETWEEN: Final = 0.25
# A saccade of a few degrees takes about so long.
_SACCADE_S: Final = 0.04


@dataclass(frozen=True, slots=True)
class Blink:
    """One blink.

    Attributes:
        start: Seconds.
        duration: Seconds.
        closing: Share of the duration spent closing; lids close faster than they open.
        depth: Share of a full blink.
    """

    start: float
    duration: float
    closing: float = 0.35
    depth: float = 1.0

    def closure(self, time: float) -> float:
        """Share of closing of the eyes at ``time`` seconds, 0-1."""
        course = TimeCourse(self.start, self.start + self.duration * self.closing, self.start + self.duration)
        return self.depth * min(1.0, _OVERSHOOT * course.strength(time))


@dataclass(frozen=True, slots=True)
class Speech:
    """Speech-like motion of the mouth.

    Attributes:
        start: Seconds.
        end: Seconds.
        opening: Largest drop of the lower lip, fractions of the inter-ocular distance.
        rounding: Largest pucker of the lips, likewise; below 0 they spread.
        syllables_hz: Syllables a second.
        rounding_hz: Half as often a second the lips go round.
    """

    start: float
    end: float
    opening: float
    rounding: float = 0.012
    syllables_hz: float = 4.0
    rounding_hz: float = 2.3

    def mouth(self, time: float) -> tuple[float, dict[int, float]]:
        """Drop of the lower lip and strength of the lips' action unit at ``time`` seconds."""
        if not self.start < time < self.end:
            return 0.0, {}
        said = time - self.start
        envelope = min(1.0, said / _SWELL_S, (self.end - time) / _SWELL_S)
        syllable = 0.5 - 0.5 * np.cos(2 * np.pi * self.syllables_hz * said)
        stress = 1.0 - _STRESS + _STRESS * np.sin(2 * np.pi * _STRESS_HZ * said)
        opening = self.opening * envelope * stress * float(_BETWEEN + (1.0 - _BETWEEN) * syllable)
        pucker = self.rounding * envelope * float(np.sin(2 * np.pi * self.rounding_hz * said) ** 2)
        return opening, {LIP_PUCKER: pucker}


@dataclass(frozen=True, slots=True)
class Glance:
    """A look aside and, later, back.

    Attributes:
        start: Seconds.
        end: Seconds.
        target: Shift of the irises to the right and down, fractions of the inter-ocular distance.
    """

    start: float
    end: float
    target: tuple[float, float]

    def gaze(self, time: float) -> tuple[float, float]:
        """Shift of the irises at ``time`` seconds."""
        there = np.clip((time - self.start) / _SACCADE_S, 0.0, 1.0) - np.clip((time - self.end) / _SACCADE_S, 0.0, 1.0)
        return float(there * self.target[0]), float(there * self.target[1])


@dataclass(frozen=True, slots=True)
class Swallow:
    """One swallow.

    Attributes:
        start: Seconds.
        duration: Seconds.
        height: Largest lift of the throat, fractions of the inter-ocular distance.
    """

    start: float
    duration: float
    height: float

    def lift(self, time: float) -> float:
        """Lift of the throat at ``time`` seconds."""
        course = TimeCourse(self.start, self.start + 0.4 * self.duration, self.start + self.duration)
        return self.height * course.strength(time)
