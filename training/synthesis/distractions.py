"""What else moves while a person is filmed: lids, eyes, mouth, head, light and lens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from training.synthesis.chance import log_uniform
from training.synthesis.habits import LIP_PUCKER, Blink, Glance, Speech
from training.synthesis.timecourse import TimeCourse

MOMENTS: Final = 4
"""A clip knows four moments: one spacing before the onset, onset, apex, offset."""

Frames = npt.NDArray[np.float64]
"""``float64 [4]``: seconds of each moment, as `training.synthesis.timecourse.KeyTimes.frames`."""
Course = npt.NDArray[np.float64]
"""``float64 [4]`` or ``[4, 2]``: a value at each moment."""

# What a clip without expression shows, with its share.
_KINDS: Final = {
    "blink": 0.20,
    "speech": 0.24,
    "head": 0.12,
    "gaze": 0.09,
    "swallow": 0.05,
    "light": 0.04,
    "focus": 0.02,
    "rest": 0.24,
}
# Chance that a clip with an expression also holds a blink, a gaze shift: people do not stop for the camera.
_BLINK_BESIDE: Final = 0.06
_GAZE_BESIDE: Final = 0.10
# A second distraction joins the first this often.
_JOINED: Final = 0.35
# Motion of a head that is held still, between two key frames, and of one that moves: sd, fractions of the inter-ocular
# distance.
_SWAY: Final = (0.0005, 0.03)
_HEAD_MOTION: Final = (0.03, 0.12)
# Ranges of blinks (seconds), of swallows (seconds), of speech: openings in fractions of the inter-ocular distance.
_BLINK_S: Final = (0.1, 0.45)
_SWALLOW_S: Final = (0.4, 1.2)
_OPENINGS: Final = (0.01, 0.09)
_ROUNDINGS: Final = (-0.008, 0.025)
_SYLLABLES_HZ: Final = (2.5, 6.5)
_ROUNDINGS_HZ: Final = (1.0, 3.5)
# So much of a blink or swallow lies at least within the clip; most speech goes on before and after it.
_WITHIN: Final = 0.2
_SPEECH_EDGE: Final = 0.25


def _zeros() -> Course:
    return np.zeros(MOMENTS)


def _pairs() -> Course:
    return np.zeros((MOMENTS, 2))


@dataclass(slots=True)
class Distraction:
    """Everything that is no expression, at each moment of a clip.

    Attributes:
        closure: Share of closing of the eyes.
        gaze: Shift of the irises, fractions of the inter-ocular distance.
        jaw: Drop of the lower lip, fractions of the inter-ocular distance.
        lips: Pucker of the lips, likewise; below 0 they spread.
        swallowing: Lift of the throat, likewise.
        turn: Turn of the head in degrees.
        shift: Shift of the head, fractions of the inter-ocular distance.
        roll: Roll of the head in degrees.
        zoom: Relative size of the picture less 1 (approach, autofocus breathing).
        gain: Relative brightness less 1.
        gradient: Sideways change of the light.
        defocus: Extra blur in fractions of the inter-ocular distance.
    """

    closure: Course = field(default_factory=_zeros)
    gaze: Course = field(default_factory=_pairs)
    jaw: Course = field(default_factory=_zeros)
    lips: Course = field(default_factory=_zeros)
    swallowing: Course = field(default_factory=_zeros)
    turn: Course = field(default_factory=_pairs)
    shift: Course = field(default_factory=_pairs)
    roll: Course = field(default_factory=_zeros)
    zoom: Course = field(default_factory=_zeros)
    gain: Course = field(default_factory=_zeros)
    gradient: Course = field(default_factory=_pairs)
    defocus: Course = field(default_factory=_zeros)

    def at(self, moment: float) -> dict[str, npt.NDArray[np.float64]]:
        """All values at a fractional moment, 0 (before) to 3 (offset), interpolated."""
        low = min(int(moment), MOMENTS - 2)
        share = moment - low
        courses = {name: getattr(self, name) for name in self.__slots__}
        return {name: c[low] * (1 - share) + c[low + 1] * share for name, c in courses.items()}


def draw_distraction(expressive: bool, frames: Frames, rng: np.random.Generator) -> Distraction:
    """What moves beside an expression, or in place of one.

    A spotter catches a blink or a syllable anywhere in its course, so all of them are placed in time at random.

    Args:
        expressive: Whether the clip holds an expression; then distractions stay small.
        frames: Seconds of the four moments.
        rng: Source of chance.
    """
    aside = Distraction()
    # Nobody is perfectly still: a head sways, a lamp drifts.
    _move_head(aside, log_uniform(_SWAY, rng), rng)
    aside.gain += rng.normal(0.0, 0.008, MOMENTS)
    kinds = []
    if expressive:
        kinds += ["blink"] * bool(rng.random() < _BLINK_BESIDE) + ["gaze"] * bool(rng.random() < _GAZE_BESIDE)
    else:
        names, shares = list(_KINDS), list(_KINDS.values())
        kinds.append(str(rng.choice(names, p=shares)))
        if rng.random() < _JOINED:
            kinds.append(str(rng.choice(names, p=shares)))
    for kind in kinds:
        _ADDERS[kind](aside, frames, rng)
    return aside


def _blink(aside: Distraction, frames: Frames, rng: np.random.Generator) -> None:
    start, duration = _placed(_BLINK_S, frames, rng)
    blink = Blink(start, duration, closing=rng.uniform(0.25, 0.5), depth=min(1.0, rng.uniform(0.3, 1.7)))
    aside.closure += [blink.closure(float(time)) for time in frames]


def _speech(aside: Distraction, frames: Frames, rng: np.random.Generator) -> None:
    begins, ends = rng.random(2) < _SPEECH_EDGE
    middle = float(frames[1:3].mean())
    speech = Speech(
        start=float(rng.uniform(frames[0], middle) if begins else frames[0] - rng.uniform(0.2, 2.0)),
        end=float(rng.uniform(middle, frames[3]) if ends else frames[3] + rng.uniform(0.2, 2.0)),
        opening=log_uniform(_OPENINGS, rng),
        rounding=rng.uniform(*_ROUNDINGS) * rng.integers(0, 2),
        syllables_hz=rng.uniform(*_SYLLABLES_HZ),
        rounding_hz=rng.uniform(*_ROUNDINGS_HZ),
    )
    mouths = [speech.mouth(float(time)) for time in frames]
    aside.jaw = np.maximum(aside.jaw, [jaw for jaw, _ in mouths])
    aside.lips = aside.lips + [lips.get(LIP_PUCKER, 0.0) for _, lips in mouths]


def _head(aside: Distraction, _frames: Frames, rng: np.random.Generator) -> None:
    _move_head(aside, float(rng.uniform(*_HEAD_MOTION)), rng)


def _gaze(aside: Distraction, frames: Frames, rng: np.random.Generator) -> None:
    target = rng.normal(0.0, 1.0, 2) * (0.05, 0.025)
    # The look begins, or comes back, within the clip.
    start = float(rng.uniform(frames[0], frames[3]))
    length = float(rng.uniform(0.1, 1.0))
    if rng.random() < 0.4:
        start -= length
    glance = Glance(start, start + length, (float(target[0]), float(target[1])))
    gaze = np.array([glance.gaze(float(time)) for time in frames])
    aside.gaze += gaze
    # Lids follow a look down.
    aside.closure += np.clip(gaze[:, 1], 0.0, None) * 6.0


def _swallow(aside: Distraction, frames: Frames, rng: np.random.Generator) -> None:
    start, duration = _placed(_SWALLOW_S, frames, rng)
    course = TimeCourse(start, start + duration * rng.uniform(0.3, 0.6), start + duration)
    share = np.array([course.strength(float(time)) for time in frames])
    aside.swallowing += rng.uniform(0.01, 0.06) * share
    aside.lips += rng.uniform(-0.004, 0.004) * share


def _light(aside: Distraction, _frames: Frames, rng: np.random.Generator) -> None:
    aside.gain += rng.normal(0.0, 0.06, MOMENTS)
    aside.gradient = rng.normal(0.0, 0.05, (MOMENTS, 2))


def _focus(aside: Distraction, _frames: Frames, rng: np.random.Generator) -> None:
    hunt = rng.uniform(-1.0, 1.0, MOMENTS)
    aside.zoom += 0.012 * hunt
    aside.defocus = 0.02 * np.abs(hunt)


def _rest(_aside: Distraction, _frames: Frames, _rng: np.random.Generator) -> None:
    pass


def _placed(durations: tuple[float, float], frames: Frames, rng: np.random.Generator) -> tuple[float, float]:
    """Start and duration in seconds of something of which a part, early or late, falls into the clip."""
    duration = float(rng.uniform(*durations))
    return float(rng.uniform(frames[0] - (1.0 - _WITHIN) * duration, frames[3] - _WITHIN * duration)), duration


def _move_head(aside: Distraction, size: float, rng: np.random.Generator) -> None:
    aside.shift = aside.shift + rng.normal(0.0, size, (MOMENTS, 2))
    aside.roll = aside.roll + rng.normal(0.0, 18.0 * size, MOMENTS)
    aside.zoom = aside.zoom + rng.normal(0.0, 0.12 * size, MOMENTS)
    aside.turn = aside.turn + rng.normal(0.0, 25.0 * size, (MOMENTS, 2))


_ADDERS: Final = {
    "blink": _blink,
    "speech": _speech,
    "head": _head,
    "gaze": _gaze,
    "swallow": _swallow,
    "light": _light,
    "focus": _focus,
    "rest": _rest,
}
