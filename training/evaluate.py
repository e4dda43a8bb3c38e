"""Scores on a flow-map set: macro F1 and recall pooled over all clips, per database, beside the majority floor."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import softmax
from sklearn.metrics import confusion_matrix, f1_score, recall_score

from model.astann import Astann
from model.whole_file import whole_file
from training.augment import mirrored
from training.fit import predict
from training.flow_maps import LABELS, FlowMapSet


@dataclass(frozen=True, slots=True)
class SetScores:
    """How well three-class predictions fit.

    Attributes:
        clips: Number of clips.
        uf1: Macro F1 over the three classes, predictions pooled.
        uar: Mean recall of the classes that occur.
        accuracy: Share of right labels.
        floor: Macro F1 of always naming the commonest class.
        confusion: ``int [3, 3]``, rows true, columns named.
    """

    clips: int
    uf1: float
    uar: float
    accuracy: float
    floor: float
    confusion: npt.NDArray[np.int64]


def score(labels: npt.NDArray[np.int64], named: npt.NDArray[np.int64]) -> SetScores:
    """Compares labels with what was named, both ``[n]`` indices into `LABELS`."""
    classes = list(range(len(LABELS)))
    commonest = np.full_like(labels, np.bincount(labels).argmax())
    occurring = sorted(set(labels.tolist()))

    def macro(predicted: npt.NDArray[np.int64]) -> float:
        return float(f1_score(labels, predicted, labels=classes, average="macro", zero_division=0.0))

    return SetScores(
        clips=len(labels),
        uf1=macro(named),
        uar=float(recall_score(labels, named, labels=occurring, average="macro", zero_division=0.0)),
        accuracy=float((labels == named).mean()),
        floor=macro(commonest),
        confusion=confusion_matrix(labels, named, labels=classes),
    )


def per_database(maps: FlowMapSet, named: npt.NDArray[np.int64]) -> dict[str, SetScores]:
    """Scores of each database of a set, and of all together under ``all``."""
    scores = {}
    for database in sorted(set(maps.databases)):
        own = np.array([name == database for name in maps.databases])
        scores[database] = score(maps.labels[own], named[own])
    return {**scores, "all": score(maps.labels, named)}


def probabilities(network: Astann, maps: FlowMapSet) -> npt.NDArray[np.float32]:
    """Probabilities ``float32 [n, 3]`` of the three labels; ``none`` is ruled out.

    Every clip is looked at as it is and mirrored, and the two views are averaged: a face has no side.
    """
    everyone = torch.ones(len(maps), dtype=torch.bool)
    flipped = mirrored(torch.from_numpy(maps.maps), everyone).numpy()
    logits = (predict(network, maps.maps, maps.present).emotion + predict(network, flipped, maps.present).emotion) / 2
    return three_classes(logits)


def three_classes(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Softmax over the labels of a flow-map set."""
    return np.asarray(softmax(logits[:, : len(LABELS)], axis=1), dtype=np.float32)


def write_predictions(path: Path, maps: FlowMapSet, shares: npt.NDArray[np.float32]) -> None:
    """One row a clip: what it is, what was named, and the probability of each label."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["clip", "subject", "database", "label", "predicted", *(f"p_{name}" for name in LABELS)])
        for i, clip in enumerate(maps.clips):
            subject = maps.subjects[i].removeprefix(f"{maps.databases[i]}/")
            named = LABELS[int(shares[i].argmax())]
            row = [clip, subject, maps.databases[i], LABELS[maps.labels[i]], named]
            writer.writerow([*row, *(f"{value:.4f}" for value in shares[i])])
