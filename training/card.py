"""The model card, written by the training run itself."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from model.labels import ACTION_UNITS, EMOTIONS
from training.clipset import ClipSetPlan
from training.fit import FitSettings
from training.metrics import Figures


def write_card(
    path: Path,
    *,
    onnx: Path,
    plan: ClipSetPlan,
    people: tuple[int, int],
    settings: FitSettings,
    figures: list[tuple[int, Figures]],
    shipped: int,
    temperature: float,
    unsure_below: float,
) -> None:
    """Writes the card beside the network.

    Args:
        path: Markdown file to write.
        onnx: The exported network.
        plan: Its clips.
        people: Number of training and of held-out persons.
        settings: Its training settings.
        figures: (seed, figures on held-out persons) of every seed that was trained.
        shipped: Seed of the exported network; fixed beforehand, not chosen by its figures.
        temperature: Of the calibration.
        unsure_below: Confidence below which no label is shown.
    """
    own = next(f for seed, f in figures if seed == shipped)
    rows = "\n".join(
        f"| {seed} | {f.macro_f1:.3f} | {f.uar:.3f} | {f.au_f1:.3f} | {f.ece:.3f} |" for seed, f in figures
    )
    if len(figures) > 1:
        table = np.array([[f.macro_f1, f.uar, f.au_f1, f.ece] for _, f in figures])
        cells = " | ".join(
            f"{m:.3f} ± {s:.3f}" for m, s in zip(table.mean(axis=0), table.std(axis=0, ddof=1), strict=True)
        )
        rows += f"\n| mean ± sd | {cells} |"
    confusion = "\n".join(
        f"| {name} | " + " | ".join(str(v) for v in row) + " |"
        for name, row in zip(EMOTIONS, own.confusion, strict=True)
    )
    path.write_text(
        f"""# Model card: ASTANN, first synthetic set

**File** `{onnx.name}`, {onnx.stat().st_size / 1e6:.2f} MB, MIT licence,
sha256 `{hashlib.sha256(onnx.read_bytes()).hexdigest()}`

## What it is
A small attention network (spatial and temporal attention over onset, apex and offset) after the idea of Ran, Zheng,
Zong and Liu (2023, doi 10.1016/j.vrih.2022.03.006). Layer sizes, flow, losses and data are our own choice, and no figure
of that paper is claimed. It reads three key frames (facial image, optical flow, optical strain) and answers with
{len(EMOTIONS)} classes ({", ".join(EMOTIONS)}), {len(ACTION_UNITS)} action units
({", ".join(f"AU{n}" for n in ACTION_UNITS)}), and its own attention.

## What it was trained on
Synthetic movements only; **no recording of a real micro-expression**. Gaussian muscle fields (`muscles.toml`) move
neutral portraits, a simulated camera films them, and the program's own alignment, flow and representation make
the input.

- {plan.filmed} clips filmed through portraits of {people[0]} persons, and {plan.fields} flow fields without a picture;
- judged on {plan.held_out} clips of {people[1]} other persons.
- Peak displacements 0.6-3.5 % of the inter-ocular distance; 36-150 px between the eyes; noise, blur and JPEG.
- `none` is blinks, speech-like motion, head motion and rest.
- Portraits: Face Research Lab London Set (DeBruine & Jones 2017, doi 10.6084/m9.figshare.5047666.v5), CC BY 4.0; not
  contained in the product.

Settings, fixed beforehand: {settings.epochs} epochs (the last one is taken), batch {settings.batch},
AdamW at {settings.learning_rate:g}, seed {shipped} shipped. No domain adaptation (CORAL) yet. The held-out persons chose
nothing but the two numbers of the calibration.

## Figures on held-out synthetic persons

| seed | macro F1 | UAR | mean AU F1 | calibration error |
|---|---|---|---|---|
{rows}

Majority class floor: macro F1 {own.majority_f1:.3f}. Confusion of seed {shipped} (rows true, columns named):

| | {" | ".join(EMOTIONS)} |
|---|{"---|" * len(EMOTIONS)}
{confusion}

Calibration: temperature {temperature:.3f}; a label is shown from a confidence of {unsure_below:.2f} on, 'unsure' below. Both were
fitted on the held-out persons above, so the calibration error is optimistic.

## What a label means, and what it does not
A label is the model's guess about a facial *movement*: which group of muscle actions it resembles. It says nothing certain
about what a person feels, thinks or intends. Do not use it to judge people, at work, in education or anywhere else.

## Known limits
- Not yet measured on real micro-expressions; expect much lower figures there than on synthetic clips.
- Suppressed smiles resemble AU10 and AU14 and may be called negative.
- Strong head turns, glasses, beards, occlusion and faces below 36 px between the eyes were not in the training set.
- All portraits are adults, filmed from the front in even light.
""",
        encoding="utf-8",
    )
