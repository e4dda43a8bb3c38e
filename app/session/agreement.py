"""How far two raters, or a rater and the model, agree: on what moved when, and on how it is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import krippendorff
import numpy as np
from sklearn.metrics import cohen_kappa_score

from app.session.matching import Labelled, match


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two lists of movements fit.

    Attributes:
        pairs: Indices of movements that are one and the same, in the first and in the second list.
        only_first: Indices of those that the second list lacks.
        only_second: The other way round.
        precision: Share of the second list that the first one holds.
        recall: Share of the first list that the second one holds.
        f1: Of the two; 1 if both lists are empty.
        kappa: Cohen's kappa of the paired labels; NaN if there is no pair or only one label.
        alpha: Krippendorff's alpha of the paired labels, likewise.
        onset_ms: Median distance of the pairs' onsets in milliseconds; NaN if there is no pair.
        offset_ms: The same of their offsets.
    """

    pairs: tuple[tuple[int, int], ...]
    only_first: tuple[int, ...]
    only_second: tuple[int, ...]
    precision: float
    recall: float
    f1: float
    kappa: float
    alpha: float
    onset_ms: float
    offset_ms: float


def compare(first: Sequence[Labelled], second: Sequence[Labelled]) -> Agreement:
    """Pairs movements one to one and measures how far the two lists agree."""
    pairs = match(first, second)
    here, there = {a for a, _ in pairs}, {b for _, b in pairs}
    labels = [(first[a].label, second[b].label) for a, b in pairs if first[a].label and second[b].label]
    return Agreement(
        tuple(pairs),
        tuple(i for i in range(len(first)) if i not in here),
        tuple(i for i in range(len(second)) if i not in there),
        precision=_share(len(pairs), len(second)),
        recall=_share(len(pairs), len(first)),
        f1=2 * len(pairs) / (len(first) + len(second)) if first or second else 1.0,
        kappa=_kappa(labels),
        alpha=_alpha(labels),
        onset_ms=_median([first[a].onset - second[b].onset for a, b in pairs]),
        offset_ms=_median([first[a].offset - second[b].offset for a, b in pairs]),
    )


def _kappa(labels: Sequence[tuple[str, str]]) -> float:
    if len({label for pair in labels for label in pair}) < 2:
        return float("nan")
    return float(cohen_kappa_score(*zip(*labels, strict=True)))


def _alpha(labels: Sequence[tuple[str, str]]) -> float:
    names = sorted({label for pair in labels for label in pair})
    if len(names) < 2:
        return float("nan")
    coded = [[names.index(label) for label in rater] for rater in zip(*labels, strict=True)]
    return float(krippendorff.alpha(coded, level_of_measurement="nominal"))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _median(distances: Sequence[float]) -> float:
    return 1000 * float(np.median(np.abs(distances))) if distances else float("nan")
