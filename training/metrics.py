"""Figures about predictions: macro F1, confusion matrix, calibration error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix, f1_score, recall_score

from model.labels import ACTION_UNITS, EMOTIONS


@dataclass(frozen=True, slots=True)
class ClassScores:
    """How well named classes fit.

    Attributes:
        clips: Number of clips.
        uf1: Macro F1 over all classes, predictions pooled.
        uar: Mean recall of the classes that occur.
        accuracy: Share of right labels.
        floor: Macro F1 of always naming the commonest class.
        confusion: ``int [k, k]``, rows true, columns named.
    """

    clips: int
    uf1: float
    uar: float
    accuracy: float
    floor: float
    confusion: npt.NDArray[np.int64]


def score(labels: npt.NDArray[np.int64], named: npt.NDArray[np.int64], classes: int) -> ClassScores:
    """Compares labels with what was named, both ``int64 [n]`` below ``classes``."""
    every = list(range(classes))
    commonest = np.full_like(labels, np.bincount(labels).argmax())

    def macro(predicted: npt.NDArray[np.int64]) -> float:
        return float(f1_score(labels, predicted, labels=every, average="macro", zero_division=0.0))

    return ClassScores(
        clips=len(labels),
        uf1=macro(named),
        uar=float(recall_score(labels, named, labels=np.unique(labels), average="macro", zero_division=0.0)),
        accuracy=float((labels == named).mean()),
        floor=macro(commonest),
        confusion=confusion_matrix(labels, named, labels=every),
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """How well a network did on one set.

    Attributes:
        emotion: Scores of the emotion classes, ``none`` included.
        au_f1: Mean over the AUs of their F1.
        ece: Expected calibration error of the best class in 15 bins.
    """

    emotion: ClassScores
    au_f1: float
    ece: float


def judge(
    probabilities: npt.NDArray[np.floating[Any]],
    au_probabilities: npt.NDArray[np.floating[Any]],
    emotion: npt.NDArray[np.int64],
    action_units: npt.NDArray[np.floating[Any]],
) -> Figures:
    """Compares predictions with the truth.

    Args:
        probabilities: ``[n, 4]``.
        au_probabilities: ``[n, 15]``.
        emotion: ``[n]``.
        action_units: ``[n, 15]``, 0 or 1.
    """
    au_scores = [
        f1_score(action_units[:, i], au_probabilities[:, i] >= 0.5, zero_division=0.0) for i in range(len(ACTION_UNITS))
    ]
    return Figures(
        score(emotion, probabilities.argmax(axis=1), len(EMOTIONS)),
        au_f1=float(np.mean(au_scores)),
        ece=calibration_error(probabilities, emotion),
    )


@dataclass(frozen=True, slots=True)
class Bin:
    """Clips of about the same confidence.

    Attributes:
        confidence: Their mean confidence.
        accuracy: Share of right labels among them.
        share: Share of all clips.
    """

    confidence: float
    accuracy: float
    share: float


def reliability(
    probabilities: npt.NDArray[np.floating[Any]], emotion: npt.NDArray[np.int64], bins: int = 15
) -> tuple[Bin, ...]:
    """How often labels of each confidence are right; bins of equal width, empty ones left out."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == emotion
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    return tuple(
        Bin(float(confidence[which == b].mean()), float(right[which == b].mean()), float((which == b).mean()))
        for b in range(bins)
        if (which == b).any()
    )


def calibration_error(
    probabilities: npt.NDArray[np.floating[Any]], emotion: npt.NDArray[np.int64], bins: int = 15
) -> float:
    """Expected calibration error: mean gap between confidence and accuracy, weighted by how often it occurs."""
    return sum(b.share * abs(b.confidence - b.accuracy) for b in reliability(probabilities, emotion, bins))
