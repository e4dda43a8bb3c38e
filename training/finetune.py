"""Leave-one-subject-out fine-tuning on a flow-map set, from a network that knows synthetic movements only."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from model.astann import Astann
from model.errors import FleetingError
from training.augment import mirrored
from training.evaluate import probabilities
from training.fit import forward_fast
from training.flow_maps import LABELS, FlowMapSet, read_flow_maps
from training.looks import shaken
from training.losses import class_weights, temporal_entropy
from training.networks import load_network
from training.pool import in_parallel

_LABEL_SMOOTHING: Final = 0.1
_ENTROPY_WEIGHT: Final = 0.05


class FinetuneError(FleetingError):
    """A set cannot be fine-tuned on."""


@dataclass(frozen=True, slots=True)
class FinetuneSettings:
    """Settings of every fold, fixed beforehand.

    Attributes:
        epochs: Passes over the fold's training clips; the last one is taken.
        batch: Clips a step.
        learning_rate: Peak of the one-cycle schedule (AdamW).
        weight_decay: Of AdamW.
        seed: Seed of order and augmentation.
    """

    epochs: int = 12
    batch: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    seed: int = 0


def leave_one_subject_out(
    folder: Path,
    model: Path,
    settings: FinetuneSettings,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> npt.NDArray[np.float32]:
    """Predicts every clip by a network that was fine-tuned on all other subjects.

    Args:
        folder: The flow-map set.
        model: The network to start from.
        settings: The same for every fold.
        progress: Told (folds done, folds in all).
        workers: Processes; default one per core.

    Returns:
        Probabilities ``float32 [n, 3]`` of the three labels, in the set's order.

    Raises:
        FinetuneError: If the set holds one subject only.
    """
    maps = read_flow_maps(folder)
    subjects = sorted(set(maps.subjects))
    if len(subjects) < 2:
        raise FinetuneError(
            f"Leaving one subject out needs at least two; all clips of {folder} are of subject {subjects[0]}."
        )
    load_network(model)  # a bad file is told once, not by every worker
    folds = [_Fold(folder, model, subject, settings) for subject in subjects]
    shares = np.zeros((len(maps), len(LABELS)), np.float32)
    for subject, predicted in zip(subjects, in_parallel(_run_fold, folds, progress, workers), strict=True):
        shares[[i for i, name in enumerate(maps.subjects) if name == subject]] = predicted
    return shares


def finetune(network: Astann, maps: FlowMapSet, settings: FinetuneSettings) -> Astann:
    """Trains ``network`` in place on the labels of a set."""
    torch.manual_seed(settings.seed)
    inputs, present, labels = map(torch.from_numpy, (maps.maps, maps.present, maps.labels))
    weights = class_weights(labels, len(LABELS))
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    batch = min(settings.batch, len(labels))
    steps = settings.epochs * (len(labels) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate, total_steps=steps)
    network.train()
    # The normalisation keeps what it learnt from many clips: a few hundred would shake it.
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.eval()
    for _ in range(settings.epochs):
        order = torch.randperm(len(labels))
        for start in range(0, len(order) - batch + 1, batch):
            picked = order[start : start + batch]
            _step(network, inputs[picked], present[picked], labels[picked], weights, optimiser)
            schedule.step()
    return network.eval()


def _step(
    network: Astann,
    inputs: Tensor,
    present: Tensor,
    labels: Tensor,
    weights: Tensor,
    optimiser: torch.optim.Optimizer,
) -> None:
    out = forward_fast(network, shaken(mirrored(inputs, torch.rand(len(inputs)) < 0.5)), present)
    loss = torch.nn.functional.cross_entropy(
        out.emotion[:, : len(LABELS)], labels, weight=weights, label_smoothing=_LABEL_SMOOTHING
    )
    loss = loss + _ENTROPY_WEIGHT * temporal_entropy(out.temporal)
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves backward untyped
    optimiser.step()


@dataclass(frozen=True, slots=True)
class _Fold:
    folder: Path
    model: Path
    subject: str
    settings: FinetuneSettings


def _run_fold(fold: _Fold) -> npt.NDArray[np.float32]:
    torch.set_num_threads(1)  # folds run side by side
    maps = _kept(fold.folder)
    left_out = np.array([subject == fold.subject for subject in maps.subjects])
    network = finetune(load_network(fold.model), maps.picked(~left_out), fold.settings)
    return probabilities(network, maps.picked(left_out))


@functools.lru_cache(maxsize=1)
def _kept(folder: Path) -> FlowMapSet:
    """The set, read once a process."""
    return read_flow_maps(folder)
