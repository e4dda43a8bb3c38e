"""Scores on a flow-map set: macro F1 and recall pooled over all clips, per database, beside the majority floor."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import softmax

from model.astann import Astann
from model.whole_file import whole_file
from training.fit import predict
from training.flow_maps import LABELS, FlowMapSet
from training.looks import nudged
from training.metrics import ClassScores, score


def per_database(maps: FlowMapSet, named: npt.NDArray[np.int64]) -> dict[str, ClassScores]:
    """Scores of each database of a set, and of all together under ``all``."""
    scores = {}
    for database in sorted(set(maps.databases)):
        own = np.array([name == database for name in maps.databases])
        scores[database] = score(maps.labels[own], named[own], len(LABELS))
    return {**scores, "all": score(maps.labels, named, len(LABELS))}


def probabilities(network: Astann, maps: FlowMapSet) -> npt.NDArray[np.float32]:
    """Probabilities ``float32 [n, 3]`` of the three labels; ``none`` is ruled out.

    Every clip is looked at as it is and cut a little elsewhere, and all views are averaged: a face's place in somebody
    else's map is known roughly.
    """
    views = nudged(torch.from_numpy(maps.maps))
    return three_classes(np.mean([predict(network, view.numpy(), maps.present).emotion for view in views], axis=0))


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
