"""Which muscles make which emotion, as a sampler: micro-expressions are sparse, often one-sided."""

from __future__ import annotations

from typing import Final

import numpy as np

from model.labels import ACTION_UNITS
from model.muscles import SIDES, Side

Strengths = dict[tuple[int, Side], float]
"""(AU, side) to peak displacement in fractions of the inter-ocular distance."""

# Combinations with their relative frequency, after public codings of spontaneous micro-expressions (docs/METHOD.md).
_COMBINATIONS: Final[dict[str, tuple[tuple[float, tuple[int, ...]], ...]]] = {
    "negative": (
        (6.0, (4,)),
        (2.5, (4, 7)),
        (1.0, (9,)),
        (1.0, (4, 9)),
        (1.0, (10,)),
        (1.0, (4, 10)),
        (1.5, (14,)),
        (1.2, (15,)),
        (1.0, (17,)),
        (0.8, (15, 17)),
        (0.6, (20,)),
        (0.8, (24,)),
        (0.5, (4, 24)),
        (0.5, (1,)),
        (0.7, (1, 4)),
        (0.9, (7,)),
        (0.4, (4, 15)),
        (0.4, (4, 17)),
        (0.3, (14, 17)),
        (0.3, (1, 4, 7)),
    ),
    "positive": (
        (4.0, (12,)),
        (3.0, (6, 12)),
        (1.2, (6,)),
        (0.7, (12, 14)),
        (0.6, (12, 15)),
        (0.6, (12, 17)),
        (0.6, (12, 24)),
        (0.6, (12, 25)),
    ),
    "surprise": (
        (4.0, (1, 2)),
        (1.5, (2,)),
        (0.8, (5,)),
        (2.0, (1, 2, 5)),
        (0.9, (1, 2, 25)),
        (0.5, (1, 2, 5, 25)),
    ),
}

# How the two halves share a movement: shares of clips that are even, uneven, one-sided.
_SIDEDNESS: Final = (0.55, 0.25, 0.20)
# Muscles of the brows and chin hardly ever work on one side alone.
_MOSTLY_EVEN: Final = frozenset({1, 4, 9, 17, 24, 25})
# Other muscles are never quite still: chance that one joins in, and its share of the leader. Too weak for a label.
_RESTLESS: Final = 0.4
_RESTLESS_SHARES: Final = (0.05, 0.22)
# In combinations with AU12 the listed muscles only hold the smile back.
_RESTRAINT: Final = frozenset({14, 15, 17, 24})


def sample_expression(emotion: str, peak: float, rng: np.random.Generator) -> Strengths:
    """Draws the muscles of one micro-expression.

    Args:
        emotion: ``negative``, ``positive`` or ``surprise``.
        peak: Displacement of the strongest muscle, fraction of the inter-ocular distance.
        rng: Source of chance.
    """
    weights = np.array([weight for weight, _ in _COMBINATIONS[emotion]])
    chosen = _COMBINATIONS[emotion][int(rng.choice(len(weights), p=weights / weights.sum()))][1]
    strengths: Strengths = {}
    leader = 12 if 12 in chosen else chosen[0]
    stronger = int(rng.choice(SIDES))
    kind = int(rng.choice(3, p=_SIDEDNESS))
    for au in chosen:
        share = (
            1.0
            if au == leader
            else rng.uniform(0.35, 0.65)
            if au in _RESTRAINT and 12 in chosen
            else rng.uniform(0.5, 1.0)
        )
        weak_side = rng.uniform(0.8, 1.0)
        if kind == 1 or (kind == 2 and au in _MOSTLY_EVEN):
            weak_side = rng.uniform(0.5, 0.8)
        elif kind == 2:
            weak_side = rng.uniform(0.0, 0.25)
        for side in SIDES:
            strengths[au, side] = peak * share * (1.0 if side == stronger else weak_side)
    while rng.random() < _RESTLESS:
        au, side = int(rng.choice(ACTION_UNITS)), int(rng.choice(SIDES))
        strengths.setdefault((au, side), peak * rng.uniform(*_RESTLESS_SHARES))
    return strengths
