"""Which movements of two lists are one and the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

SAME: Final = 0.5
"""Two stretches are of one movement if their intersection over union is at least this."""


class Labelled(Protocol):
    """A movement with a label: the model's or a rater's."""

    @property
    def face(self) -> int: ...
    @property
    def label(self) -> str: ...
    @property
    def onset(self) -> float: ...
    @property
    def offset(self) -> float: ...


def match(first: Sequence[Labelled], second: Sequence[Labelled]) -> list[tuple[int, int]]:
    """Pairs of movements of one face that overlap by at least `SAME`, as many and as close as possible."""
    if not first or not second:
        return []
    overlap = _overlaps(first, second)
    fits = overlap >= SAME
    # A pair more counts for more than any closeness.
    rows, columns = linear_sum_assignment(np.where(fits, 1.0 + overlap / (len(first) + 1), 0.0), maximize=True)
    return [(int(a), int(b)) for a, b in zip(rows, columns, strict=True) if fits[a, b]]


def _overlaps(first: Sequence[Labelled], second: Sequence[Labelled]) -> npt.NDArray[np.float64]:
    a = np.array([(m.onset, m.offset, m.face) for m in first])[:, None]
    b = np.array([(m.onset, m.offset, m.face) for m in second])[None]
    shared = np.minimum(a[..., 1], b[..., 1]) - np.maximum(a[..., 0], b[..., 0])
    whole = np.maximum(a[..., 1], b[..., 1]) - np.minimum(a[..., 0], b[..., 0])
    return np.asarray(np.clip(shared, 0.0, None) / np.maximum(whole, 1e-9) * (a[..., 2] == b[..., 2]))
