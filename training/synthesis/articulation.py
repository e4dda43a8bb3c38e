"""Speech as a row of sounds: what jaw and lips do for one vowel or consonant after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

LIP_UNITS: Final = (10, 12, 16, 17, 18, 20, 24)
"""The action units of the mouth with which lips form sounds."""

_Sound = tuple[float, dict[int, float]]
# How far the jaw drops and what the lips do, shares of the speaker's largest: grouped as a lip reader groups sounds.
_VOWELS: Final[tuple[_Sound, ...]] = (
    (1.0, {}),  # father
    (0.55, {20: 0.5}),  # bed
    (0.25, {20: 0.8, 12: 0.25}),  # see
    (0.55, {18: 0.8}),  # law
    (0.2, {18: 1.0}),  # do
    (0.4, {}),  # ago
)
_CONSONANTS: Final[tuple[_Sound, ...]] = (
    (0.0, {24: 0.8, 17: 0.3}),  # p, b, m: lips shut
    (0.1, {17: 0.5, 10: 0.35}),  # f, v: lower lip to the teeth
    (0.15, {18: 0.8}),  # w, r
    (0.2, {18: 0.7, 10: 0.3}),  # sh, ch
    (0.2, {20: 0.25, 16: 0.2}),  # t, d, n, s
    (0.35, {}),  # k, g
    (0.3, {10: 0.25, 16: 0.3}),  # l, th
)
# Seconds from the middle of a sound to the middle of the next at a middling tempo, and how tempos differ.
_STEP_S: Final = (0.06, 0.16)
_TEMPO: Final = (0.7, 1.5)
# Lips move less than the jaw: share of its opening, and between which fractions of the inter-ocular distance.
_LIPS: Final = (0.15, 0.6)
_LIPS_RANGE: Final = (0.003, 0.03)
# Sounds are said with more or less force: sd of the logarithm.
_STRESS_SD: Final = 0.35
_STRONGEST: Final = 1.5


@dataclass(frozen=True, slots=True)
class Articulation:
    """What a mouth does while somebody speaks; before and after it is at rest.

    Attributes:
        times: ``float64 [n]`` seconds of the middles of the sounds; the first and the last are rest.
        sounds: ``float64 [n, 1 + len(LIP_UNITS)]`` drop of the lower lip and strength of each unit, fractions of the
            inter-ocular distance.
    """

    times: npt.NDArray[np.float64]
    sounds: npt.NDArray[np.float64]

    @property
    def start(self) -> float:
        """Seconds."""
        return float(self.times[0])

    @property
    def end(self) -> float:
        """Seconds."""
        return float(self.times[-1])

    def mouth(self, time: float) -> tuple[float, dict[int, float]]:
        """Drop of the lower lip and strength of each lip unit at ``time`` seconds; lips glide from sound to sound."""
        if not self.start < time < self.end:
            return 0.0, {}
        after = int(np.searchsorted(self.times, time))
        share = (time - self.times[after - 1]) / (self.times[after] - self.times[after - 1])
        glide = 0.5 - 0.5 * np.cos(np.pi * share)
        now = (1.0 - glide) * self.sounds[after - 1] + glide * self.sounds[after]
        return float(now[0]), dict(zip(LIP_UNITS, now[1:].tolist(), strict=True))


def articulate(start: float, end: float, opening: float, rng: np.random.Generator) -> Articulation:
    """Somebody says something: consonants and vowels in turn, each as clearly as chance will have it.

    Args:
        start: Seconds.
        end: Seconds.
        opening: Drop of the lower lip for an open vowel, fractions of the inter-ocular distance.
        rng: Source of chance.
    """
    lips = float(np.clip(opening * rng.uniform(*_LIPS), *_LIPS_RANGE))
    tempo = rng.uniform(*_TEMPO)
    rest = np.zeros(1 + len(LIP_UNITS))
    times, sounds = [start], [rest]
    kinds = (_CONSONANTS, _VOWELS)
    turn = int(rng.integers(2))
    while (time := times[-1] + tempo * rng.uniform(*_STEP_S)) < end - tempo * _STEP_S[0]:
        kind = kinds[turn % 2]
        jaw, units = kind[rng.integers(len(kind))]
        stress = min(_STRONGEST, float(np.exp(rng.normal(0.0, _STRESS_SD))))
        times.append(time)
        sounds.append(stress * np.array([opening * jaw, *(lips * units.get(au, 0.0) for au in LIP_UNITS)]))
        turn += 1
    return Articulation(np.array([*times, end]), np.array([*sounds, rest]))
