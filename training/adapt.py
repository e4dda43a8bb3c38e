"""Adaptation to a target without labels: the statistics of the first fully connected layer are brought together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from model.astann import FC1_SIZE, Astann, AstannOutput
from model.errors import FleetingError
from model.labels import EMOTIONS
from training.activations import Activations
from training.augment import augment, mirrored
from training.clipset import ClipArrays
from training.fit import forward_fast
from training.looks import shaken
from training.losses import ALIGNMENTS, label_loss

FEWEST_CLIPS: Final = 32
"""A covariance of fewer clips says nothing about the target."""

# Share of source clips that are shown as published maps and aligned with a target of such maps; the rest keeps what
# the network knows of filmed clips.
_PUBLISHED_SHARE: Final = 0.7

# A covariance needs two clips.
_FEWEST_ALIGNED: Final = 2


class AdaptError(FleetingError):
    """A target cannot be adapted to."""


@dataclass(frozen=True, slots=True)
class Target:
    """Clips without labels.

    Attributes:
        maps: ``float32 [n, 3, 4, 64, 64]``.
        present: ``float32 [n, 3]``.
        published: Whether they are published flow maps; then they are aligned with source clips in the same form.
    """

    maps: npt.NDArray[np.float32]
    present: npt.NDArray[np.float32]
    published: bool


@dataclass(frozen=True, slots=True)
class AdaptSettings:
    """Settings of an adaptation, fixed beforehand.

    Attributes:
        method: One of `training.losses.ALIGNMENTS`.
        steps: Updates of the network.
        batch: Source clips and target clips a step, each.
        learning_rate: Peak of the one-cycle schedule (AdamW).
        weight_decay: Of AdamW.
        seed: Seed of order and augmentation.

    Raises:
        AdaptError: If the method is unknown.
    """

    method: str = "coral"
    steps: int = 400
    batch: int = 96
    learning_rate: float = 3e-4
    weight_decay: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in ALIGNMENTS:
            raise AdaptError(f"The method '{self.method}' is not one of {', '.join(ALIGNMENTS)}.")


def adapt(
    network: Astann,
    source: ClipArrays,
    target: Target,
    settings: AdaptSettings,
    progress: Callable[[int, int], None] | None = None,
) -> Astann:
    """Trains ``network`` in place on labelled source clips while its statistics on the target are aligned.

    Args:
        network: Where to start from.
        source: Labelled synthetic clips.
        target: Clips without labels.
        settings: Method, weight and length, the same for every target.
        progress: Told (steps done, steps in all).

    Raises:
        AdaptError: If the target is too small.
    """
    check_size(target)
    torch.manual_seed(settings.seed)
    order = np.random.default_rng(settings.seed)
    make, weight = ALIGNMENTS[settings.method]
    alignment = make(FC1_SIZE)
    parameters = [*network.parameters(), *alignment.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate, total_steps=settings.steps)
    network.train()
    for step in range(settings.steps):
        own = order.integers(0, len(source), settings.batch)
        clips = augment(torch.from_numpy(source.maps[own]).float(), _PUBLISHED_SHARE if target.published else 0.0)
        theirs, present = _drawn(target, settings.batch, order)
        out = forward_fast(network, torch.cat([clips.maps, theirs]), torch.cat([clips.present, present]))
        ours, other = _split(out, len(own))
        labels = torch.from_numpy(source.emotion[own]), torch.from_numpy(source.action_units[own])
        loss = label_loss(ours, *labels).total
        alike = _counterparts(clips.published, labels[0]) if target.published else torch.ones_like(clips.published)
        if int(alike.sum()) >= _FEWEST_ALIGNED:
            loss = loss + weight * alignment(
                Activations(ours.fc1[alike], ours.emotion[alike]), Activations(other.fc1, other.emotion)
            )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves backward untyped
        optimiser.step()
        schedule.step()
        if progress is not None:
            progress(step + 1, settings.steps)
    return network.eval()


def check_size(target: Target) -> None:
    """Refuses a target without enough clips.

    Raises:
        AdaptError: If a covariance of it would say nothing.
    """
    if len(target.maps) < FEWEST_CLIPS:
        raise AdaptError(
            f"The target holds {len(target.maps)} clips; at least {FEWEST_CLIPS} are needed to know its statistics. "
            "Name a folder with more recordings."
        )


def _counterparts(published: Tensor, emotion: Tensor) -> Tensor:
    """Source clips that the target could hold, ``bool [b]``: published sets are maps of movements, never of `none`."""
    return published & (emotion != EMOTIONS.index("none"))


def _drawn(target: Target, count: int, order: np.random.Generator) -> tuple[Tensor, Tensor]:
    picked = order.integers(0, len(target.maps), count)
    maps = mirrored(torch.from_numpy(target.maps[picked]), torch.rand(count) < 0.5)
    return (shaken(maps) if target.published else maps), torch.from_numpy(target.present[picked])


def _split(out: AstannOutput, first: int) -> tuple[AstannOutput, AstannOutput]:
    return AstannOutput(*(t[:first] for t in out)), AstannOutput(*(t[first:] for t in out))
