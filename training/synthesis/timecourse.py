"""Time courses of facial movements, exact to a fraction of a frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class TimeCourse:
    """A movement that rises from ``onset`` to ``apex`` and falls back by ``offset`` (seconds)."""

    onset: float
    apex: float
    offset: float

    def __post_init__(self) -> None:
        if not self.onset < self.apex < self.offset:
            raise ValueError(f"onset < apex < offset does not hold: {self.onset}, {self.apex}, {self.offset}")

    def strength(self, time: float) -> float:
        """Share of the peak at ``time``, 0-1, along half cosines: no jump in position or speed."""
        if not self.onset < time < self.offset:
            return 0.0
        if time <= self.apex:
            phase = (time - self.onset) / (self.apex - self.onset)
        else:
            phase = (self.offset - time) / (self.offset - self.apex)
        return float(0.5 - 0.5 * np.cos(np.pi * phase))
