"""How one face moves while its owner looks neutral."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class RestingFace:
    """What was learnt in a stretch that somebody marked as neutral.

    Attributes:
        covariance: ``float64 [spans, coordinates, coordinates]`` of the matched filter's comparisons.
        eye_opening: Height over width of the open eyes.
    """

    covariance: npt.NDArray[np.float64]
    eye_opening: float
