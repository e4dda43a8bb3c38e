"""People differ: the muscles of somebody else, after one of several ideas of how skin moves."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from assets import ANATOMIES
from model.muscles import Muscles, Pull, load_muscles

TABLE: Final = "muscles"
"""The muscle table; it knows every muscle."""
ANATOMY_NAMES: Final = (TABLE, "face-units", "expression-units")
"""The table, and two that were traced from sculpted heads (docs/METHOD.md): each has its own idea of how skin moves."""

# How people differ within one anatomy, as standard deviations or ranges: a muscle as a whole, and each of its pulls.
_PLACE_SD: Final = (0.04, 0.015)  # face coordinates
_ANGLE_SD: Final = (0.2, 0.08)  # radians
_WIDTH: Final = ((0.75, 1.35), (0.92, 1.09))
_AMPLITUDE: Final = (0.7, 1.25)  # of a pull beside the muscle's others


@functools.cache
def load_anatomy(name: str) -> Muscles:
    """One of `ANATOMY_NAMES`; what it does not know moves as in the table."""
    table = load_muscles()
    return table if name == TABLE else {**table, **load_muscles(ANATOMIES / f"{name}.toml")}


def draw_anatomy(names: Sequence[str], rng: np.random.Generator) -> Muscles:
    """A person's muscles, after one of the named anatomies."""
    return vary(load_anatomy(names[int(rng.integers(len(names)))]), rng)


def vary(muscles: Muscles, rng: np.random.Generator) -> Muscles:
    """Another person's anatomy: places, directions, widths and strengths jittered as people differ."""
    return {au: _another(pulls, rng) for au, pulls in muscles.items()}


def _another(pulls: tuple[Pull, ...], rng: np.random.Generator) -> tuple[Pull, ...]:
    x, y, angle = rng.normal(0.0, (_PLACE_SD[0], _PLACE_SD[0], _ANGLE_SD[0]))
    wide, tall = rng.uniform(*_WIDTH[0], 2)

    def person(pull: Pull) -> Pull:
        turn = angle + rng.normal(0.0, _ANGLE_SD[1])
        cos, sin = np.cos(turn), np.sin(turn)
        own_x, own_y = rng.normal(0.0, _PLACE_SD[1], 2)
        own_wide, own_tall = rng.uniform(*_WIDTH[1], 2)
        return replace(
            pull,
            # What lies on the midline stays there.
            x=pull.x + (x + own_x) * (pull.x != 0.0),
            y=pull.y + y + own_y,
            dx=pull.dx * cos - pull.dy * sin,
            dy=pull.dx * sin + pull.dy * cos,
            sx=pull.sx * wide * own_wide,
            sy=pull.sy * tall * own_tall,
            amplitude=pull.amplitude * rng.uniform(*_AMPLITUDE),
        )

    return tuple(person(pull) for pull in pulls)
