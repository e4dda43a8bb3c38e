"""Model cards of networks that come from another one: adapted without labels, or trained on a fold of an experiment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from model.whole_file import whole_file
from training.adapt import AdaptSettings
from training.card_parts import MEANING, digest, file_line
from training.losses import ALIGNMENTS

Changes = dict[str, tuple[float, float]]
"""Figure's name to its value before and after."""


@dataclass(frozen=True, slots=True)
class Adaptation:
    """What a card tells of an adaptation.

    Attributes:
        onnx: The exported network.
        version: Its version name.
        model: The network that was adapted.
        target: Name of the target's folder.
        clips: What the target holds.
        settings: Method and length.
        source: What the source clips are.
        results: (seed, figures on source clips).
    """

    onnx: Path
    version: str
    model: Path
    target: str
    clips: str
    settings: AdaptSettings
    source: str
    results: Sequence[tuple[int, Changes]]


def write_adapted_card(path: Path, run: Adaptation) -> None:
    """Writes the card of an adapted network; the file appears when it is whole."""
    names = list(run.results[0][1])
    rows = "\n".join(
        f"| {seed} | " + " | ".join(f"{before:.3f} → {after:.3f}" for before, after in changes.values()) + " |"
        for seed, changes in run.results
    )
    s = run.settings
    text = f"""# Model card: ASTANN, {run.version}

{file_line(run.onnx)}

## What it is
The network `{run.model.name}` (sha256 `{digest(run.model)}`), adapted without labels to the folder
`{run.target}`: {run.clips}. Everything else is told by the card of the network it comes from.

## How it was adapted
Method `{s.method}`, weight {ALIGNMENTS[s.method][1]:g}, {s.steps} steps of {s.batch} source clips and {s.batch} target
clips, AdamW at {s.learning_rate:g}: all fixed beforehand. Source: {run.source}. No label of the target was read, and
nothing was chosen by it. Seed 0 is exported.

## What the adaptation did to source clips (before → after)
| seed | {" | ".join(names)} |
|---|{"---|" * len(names)}
{rows}

{MEANING}
"""
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class ExperimentCard:
    """What a card tells of a network that learnt one fold of an experiment.

    Attributes:
        onnx: The exported network.
        version: Its version name.
        method: What it is.
        adaptation: How its statistics were aligned.
        epochs: Passes over the labelled clips.
        source: What it learnt from.
        target: What it was judged on.
        accuracy: Share of right answers there.
        remark: What a reader of that figure must know.
        subjects: Persons among the source clips.
    """

    onnx: Path
    version: str
    method: str
    adaptation: str
    epochs: int
    source: str
    target: str
    accuracy: float
    remark: str
    subjects: int


def write_experiment_card(path: Path, run: ExperimentCard) -> None:
    """Writes the card of one fold's network; the file appears when it is whole."""
    remark = f" Mind: {run.remark}." if run.remark else ""
    text = f"""# Model card: ASTANN, {run.version}

{file_line(run.onnx)}

## What it is
{run.method}, trained for {run.epochs} epochs on {run.source} ({run.subjects} persons) under the licence terms of these
databases, which also govern what may be done with this file. Alignment with the target's statistics: {run.adaptation}.

## How well it does
On {run.target}, whose labels it never saw: {100 * run.accuracy:.1f} % right answers in this one run. The report of the
whole protocol, with several seeds, macro F1 and confusion matrices, is the figure to quote.{remark}

## Known limits
- Its databases hold movements only, so it never learnt anew what is none: what the application calls `none`, and with
  it which weak movements are left out, is what remains of its pretraining, or chance if it had none.
- Its probabilities are not calibrated; below one half the application says `unsure`.

{MEANING}
"""
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8")
