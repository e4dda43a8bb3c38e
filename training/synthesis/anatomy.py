"""People differ: the muscle table of somebody else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model.muscles import Muscles, Pull


def vary(muscles: Muscles, rng: np.random.Generator) -> Muscles:
    """Another person's anatomy: centres, directions, widths and strengths jittered as people differ."""

    def person(pull: Pull) -> Pull:
        angle = rng.normal(0.0, 0.2)
        cos, sin = np.cos(angle), np.sin(angle)
        return replace(
            pull,
            x=pull.x + rng.normal(0.0, 0.04) * (pull.x != 0.0),
            y=pull.y + rng.normal(0.0, 0.04),
            dx=pull.dx * cos - pull.dy * sin,
            dy=pull.dx * sin + pull.dy * cos,
            sx=pull.sx * rng.uniform(0.75, 1.35),
            sy=pull.sy * rng.uniform(0.75, 1.35),
            amplitude=pull.amplitude * rng.uniform(0.6, 1.3),
        )

    return {au: tuple(person(pull) for pull in pulls) for au, pulls in muscles.items()}
