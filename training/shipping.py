"""From the networks of a training run to the file that ships, with its card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from model.astann import Astann
from model.export import export_onnx
from training.card import TrainingRun, write_card
from training.clipset import ClipSetPlan
from training.fit import FitSettings
from training.judge import Judgement
from training.people import People

SHIPPED: Final = 0
"""Seed of the network that ships, fixed beforehand."""
_VERSION: Final = f"synthetic-5 seed {SHIPPED}"


def ship(
    network: Astann,
    judgements: Sequence[Judgement],
    folder: Path,
    *,
    people: People,
    portraits: str,
    plan: ClipSetPlan,
    settings: FitSettings,
) -> tuple[Path, Path]:
    """Writes the network and its card.

    Args:
        network: That of the seed `SHIPPED`.
        judgements: Of every seed, in order.
        folder: Folder to write.
        people: Training and held-out persons.
        portraits: What the portraits are, with licence.
        plan: The clips.
        settings: Settings of the training.

    Returns:
        The files ``astann.onnx`` and ``astann.md``.
    """
    own = judgements[SHIPPED]
    onnx, card = folder / "astann.onnx", folder / "astann.md"
    export_onnx(network, onnx, temperature=own.temperature, unsure_below=own.unsure_below, version=_VERSION)
    counts = (len(people.training), len(people.held_out))
    write_card(card, TrainingRun(onnx, _VERSION, plan, counts, portraits, settings, SHIPPED, judgements))
    return onnx, card
