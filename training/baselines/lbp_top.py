"""LBP-TOP (Zhao and Pietikäinen 2007) with a linear support vector machine, the field's oldest yardstick."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from skimage.feature import local_binary_pattern
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

# Eight neighbours at distance 1 in every plane; 58 uniform patterns and one bin for the rest; 5x5 blocks.
_NEIGHBOURS: Final = 8
_RADIUS: Final = 1
_BINS: Final = 59
_BLOCKS: Final = 5
_METHOD: Final = "nri_uniform"
_C: Final = 1.0
_ROUNDS: Final = 5000


def lbp_top(sequence: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Histograms of local binary patterns on three orthogonal planes.

    Args:
        sequence: ``uint8 [t, h, w]``, at least three pictures.

    Returns:
        ``float32 [5 * 5 * 3 * 59]``: block by block, in each the planes XY, XT and YT, each with sum 1. Border pixels,
        whose neighbours lie outside, do not count.
    """
    inner = slice(_RADIUS, -_RADIUS)
    codes = np.stack(
        [
            _codes(sequence),
            _codes(sequence.transpose(1, 0, 2)).transpose(1, 0, 2),
            _codes(sequence.transpose(2, 0, 1)).transpose(1, 2, 0),
        ]
    )[:, inner, inner, inner]
    rows, columns = (np.array_split(np.arange(size), _BLOCKS) for size in codes.shape[2:])
    histograms = [
        np.bincount(plane[:, r[0] : r[-1] + 1, c[0] : c[-1] + 1].ravel(), minlength=_BINS)
        for r in rows
        for c in columns
        for plane in codes
    ]
    return np.asarray(np.concatenate([h / h.sum() for h in histograms]), dtype=np.float32)


def _codes(planes: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    return np.asarray([local_binary_pattern(p, _NEIGHBOURS, _RADIUS, _METHOD) for p in planes], dtype=np.int64)


def fit_and_judge(
    train: npt.NDArray[np.float32], labels: npt.NDArray[np.float32], judged: npt.NDArray[np.float32], exclusive: bool
) -> npt.NDArray[np.float32]:
    """Fits the machine and judges other clips.

    Args:
        train: Features ``[n, d]``.
        labels: ``[n, k]``, 0 or 1.
        judged: Features ``[m, d]``.
        exclusive: Whether exactly one class applies.

    Returns:
        ``float32 [m, k]`` between 0 and 1; above 0.5 on the class's side of the machine's plane. No probabilities.
    """
    if exclusive:
        present = np.flatnonzero(labels.any(axis=0))
        margins = np.full((len(judged), labels.shape[1]), -np.inf)
        if len(present) == 1:
            margins[:, present] = 1.0
        else:
            machine = OneVsRestClassifier(_machine()).fit(train, labels.argmax(axis=1))
            found = machine.decision_function(judged)
            # Of two classes only the second one's margin is told.
            margins[:, present] = np.stack([-found, found], axis=1) if found.ndim == 1 else found
    else:
        margins = np.full((len(judged), labels.shape[1]), -np.inf)
        for k in range(labels.shape[1]):
            if 0 < labels[:, k].sum() < len(labels):
                margins[:, k] = _machine().fit(train, labels[:, k]).decision_function(judged)
            elif labels[:, k].all():
                margins[:, k] = 1.0
    return np.asarray(1.0 / (1.0 + np.exp(-margins)), dtype=np.float32)


def _machine() -> LinearSVC:
    return LinearSVC(C=_C, class_weight="balanced", max_iter=_ROUNDS, random_state=0)
