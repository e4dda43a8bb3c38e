"""One fold of an experiment as a network for the application."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model.export import export_onnx
from training.derived_cards import ExperimentCard, write_experiment_card
from training.experiment import Contender, Job, Material, verdict_of
from training.learners import METHODS, MethodError, NetworkLearner
from training.protocols import Fold, ProtocolError


def export_fold(material: Material, name: str, contender: Contender, seed: int, out: Path) -> tuple[Path, Path]:
    """Learns a fold again and exports the network.

    Args:
        material: The experiment's clips.
        name: The fold; a hyphen may stand for the arrow.
        contender: Method and adaptation.
        seed: The seed.
        out: Folder to write.

    Returns:
        The files ``astann.onnx`` and ``astann.md``.

    Raises:
        MethodError: If the method is no ASTANN.
        ProtocolError: If there is no such fold.
    """
    if contender.method not in METHODS:
        raise MethodError(f"There is no method '{contender.method}'. Choose from: {', '.join(METHODS)}.")
    fold = _fold(material, name)
    verdict = verdict_of(Job(fold, contender, seed), material)
    if verdict.network is None:
        raise MethodError(
            f"The application cannot use {METHODS[contender.method].title}: it names no action units and shows no "
            "attention. Export an ASTANN."
        )
    out.mkdir(parents=True, exist_ok=True)
    onnx, card = out / "astann.onnx", out / "astann.md"
    version = f"{material.protocol.name} {fold.name}, {contender.method} {contender.adaptation}, seed {seed}"
    export_onnx(verdict.network, onnx, version=version)
    learner = METHODS[contender.method].learner
    assert isinstance(learner, NetworkLearner)
    truth = material.answers[fold.test]
    if material.protocol.exclusive:
        right = float((verdict.shares.argmax(axis=1) == truth.argmax(axis=1)).mean())
    else:
        right = float(((verdict.shares >= 0.5) == truth).mean())
    sources = sorted({material.clips[i].database for i in fold.train})
    targets = sorted({material.clips[i].database for i in fold.test})
    write_experiment_card(
        card,
        ExperimentCard(
            onnx, version, METHODS[contender.method].title, contender.adaptation, learner.schedule.epochs,
            f"{len(fold.train)} clips of {', '.join(sources)}", f"{len(fold.test)} clips of {', '.join(targets)}",
            right, fold.remark, np.unique([material.clips[i].subject for i in fold.train]).size,
        ),
    )  # fmt: skip
    return onnx, card


def _fold(material: Material, name: str) -> Fold:
    folds = material.protocol.folds(material.clips)
    for fold in folds:
        if name in (fold.name, fold.name.replace("→", "-")):
            return fold
    shown = ", ".join(fold.name for fold in folds[:12])
    raise ProtocolError(f"There is no fold '{name}' in {material.protocol.name}. Choose from: {shown}.")
