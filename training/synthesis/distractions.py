"""What else moves while a person is filmed: lids, eyes, mouth, head, light and lens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

MOMENTS: Final = 4
"""A clip knows four moments: one spacing before the onset, onset, apex, offset."""

Course = npt.NDArray[np.float64]
"""``float64 [4]`` or ``[4, 2]``: a value at each moment."""

# What a clip without expression shows, with its share. Half of the mouths that move also come with a moving head.
_KINDS: Final = {
    "blink": 0.20,
    "speech": 0.27,
    "head": 0.16,
    "gaze": 0.10,
    "swallow": 0.06,
    "light": 0.06,
    "focus": 0.03,
    "rest": 0.12,
}
# Chance that a clip with an expression also holds a blink, a gaze shift: people do not stop for the camera.
_BLINK_BESIDE: Final = 0.06
_GAZE_BESIDE: Final = 0.10
# A second distraction joins the first this often.
_JOINED: Final = 0.35


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
        lips: Pucker of the lips, likewise.
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


def draw_distraction(expressive: bool, rng: np.random.Generator) -> Distraction:
    """What moves beside an expression, or in place of one.

    Args:
        expressive: Whether the clip holds an expression; then distractions stay small.
        rng: Source of chance.
    """
    aside = Distraction()
    # Nobody is perfectly still: a head sways, a lamp drifts.
    _move_head(aside, float(np.abs(rng.normal(0.0, 0.012))), rng)
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
        _ADDERS[kind](aside, rng)
    return aside


def _blink(aside: Distraction, rng: np.random.Generator) -> None:
    # The spotter may catch a blink anywhere in its course.
    aside.closure[1:] = (rng.uniform(0, 0.2), rng.uniform(0.3, 1.0), rng.uniform(0, 0.3))


def _speech(aside: Distraction, rng: np.random.Generator) -> None:
    aside.jaw = rng.uniform(0.0, 0.08, MOMENTS) * rng.integers(0, 2, MOMENTS)
    aside.jaw[2] = max(aside.jaw[2], 0.01)
    aside.lips = rng.uniform(-0.008, 0.025, MOMENTS) * rng.integers(0, 2)


def _head(aside: Distraction, rng: np.random.Generator) -> None:
    _move_head(aside, float(rng.uniform(0.03, 0.12)), rng)


def _gaze(aside: Distraction, rng: np.random.Generator) -> None:
    target = rng.normal(0.0, 1.0, 2) * (0.05, 0.025)
    arrived = float(rng.uniform(0.5, 1.0))
    aside.gaze[2] = target * arrived
    aside.gaze[3] = target * (1.0 if rng.random() < 0.6 else 0.0)
    # Lids follow a look down.
    aside.closure[2:] += np.clip(aside.gaze[2:, 1], 0.0, None) * 6.0


def _swallow(aside: Distraction, rng: np.random.Generator) -> None:
    lift = rng.uniform(0.01, 0.06)
    aside.swallowing[1:] = lift * np.array([rng.uniform(0, 0.2), 1.0, rng.uniform(0, 0.3)])
    aside.lips[2] += rng.uniform(-0.004, 0.004)


def _light(aside: Distraction, rng: np.random.Generator) -> None:
    aside.gain += rng.normal(0.0, 0.06, MOMENTS)
    aside.gradient = rng.normal(0.0, 0.05, (MOMENTS, 2))


def _focus(aside: Distraction, rng: np.random.Generator) -> None:
    hunt = rng.uniform(-1.0, 1.0, MOMENTS)
    aside.zoom += 0.012 * hunt
    aside.defocus = 0.02 * np.abs(hunt)


def _rest(aside: Distraction, rng: np.random.Generator) -> None:
    pass


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
