"""How chance is drawn."""

from __future__ import annotations

import numpy as np


def log_uniform(bounds: tuple[float, float], rng: np.random.Generator) -> float:
    """A number between ``bounds``, drawn evenly on a logarithmic scale."""
    return float(np.exp(rng.uniform(*np.log(bounds))))
