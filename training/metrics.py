"""Figures about predictions: macro F1, confusion matrix, calibration error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix, f1_score, recall_score

from model.labels import ACTION_UNITS, EMOTIONS


@dataclass(frozen=True, slots=True)
class Figures:
    """How well a network did on one set.

    Attributes:
        clips: Number of clips.
        macro_f1: Mean over the emotion classes (``none`` included) of their F1.
        uar: Mean over the classes of their recall.
        au_f1: Mean over the AUs of their F1.
        ece: Expected calibration error of the best class in 15 bins.
        majority_f1: Macro F1 of always naming the commonest class.
        confusion: ``int [4, 4]``, rows true, columns named.
    """

    clips: int
    macro_f1: float
    uar: float
    au_f1: float
    ece: float
    majority_f1: float
    confusion: npt.NDArray[np.int64]


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
    named = probabilities.argmax(axis=1)
    labels = list(range(len(EMOTIONS)))
    commonest = np.full_like(emotion, np.bincount(emotion).argmax())
    au_scores = [
        f1_score(action_units[:, i], au_probabilities[:, i] >= 0.5, zero_division=0.0) for i in range(len(ACTION_UNITS))
    ]
    return Figures(
        clips=len(emotion),
        macro_f1=float(f1_score(emotion, named, labels=labels, average="macro", zero_division=0.0)),
        uar=float(recall_score(emotion, named, labels=labels, average="macro", zero_division=0.0)),
        au_f1=float(np.mean(au_scores)),
        ece=calibration_error(probabilities, emotion),
        majority_f1=float(f1_score(emotion, commonest, labels=labels, average="macro", zero_division=0.0)),
        confusion=confusion_matrix(emotion, named, labels=labels),
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
