"""The card of a trained network, written by the training run itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.labels import ACTION_UNITS, EMOTIONS
from model.whole_file import whole_file
from training.augment import PUBLISHED_SHARE
from training.batches import EMPHASIS, EMPHASISED
from training.calibration import MOST_CALLED
from training.card_parts import MEANING, file_line
from training.clipset import TRAINING_AVERAGED, TRAINING_H264, ClipSetPlan
from training.fit import FitSettings
from training.judge import Judgement
from training.metrics import Bin
from training.synthesis.anatomy import ANATOMY_NAMES
from training.synthesis.clips import Conditions
from training.trials.curves import JUDGED_RANGE

_BAR = "█"
_BAR_WIDTH = 30


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """What a card tells of a run.

    Attributes:
        onnx: The exported network.
        version: Its version name.
        plan: Its clips.
        people: Number of training and of held-out persons.
        portraits: What the portraits are, with licence.
        settings: Training settings.
        shipped: Seed of the exported network, fixed beforehand.
        judgements: Of every network that was trained; their place is their seed.
    """

    onnx: Path
    version: str
    plan: ClipSetPlan
    people: tuple[int, int]
    portraits: str
    settings: FitSettings
    shipped: int
    judgements: Sequence[Judgement]


def write_card(path: Path, run: TrainingRun) -> None:
    """Writes the card; the file appears when it is whole."""
    own = run.judgements[run.shipped]
    with whole_file(path) as partial:
        partial.write_text("\n\n".join(_sections(run, own)) + "\n", encoding="utf-8")


def _sections(run: TrainingRun, own: Judgement) -> list[str]:
    every = run.judgements
    conditions = Conditions()
    return [
        f"# Model card: ASTANN, {run.version}\n\n{file_line(run.onnx)}",
        f"""## What it is
A small attention network (spatial and temporal attention over onset, apex and offset) after the idea of Ran, Zheng,
Zong and Liu (2023, doi 10.1016/j.vrih.2022.03.006). Layer sizes, flow, losses and data are our own choice, and no figure
of that paper is claimed. It reads three key frames (facial image, optical flow, optical strain) and answers with
{len(EMOTIONS)} classes ({", ".join(EMOTIONS)}), {len(ACTION_UNITS)} action units
({_named(ACTION_UNITS)}), and its own attention.""",
        f"""## What it was trained on
Synthetic movements only; **no recording of a real micro-expression**. Gaussian pulls of the skin move neutral portraits, a
simulated camera films them, and the program's own face mesh, alignment, flow and representation make the input. Each clip
follows one of {len(ANATOMY_NAMES)} anatomies (our muscle table, and in `anatomies/` MakeHuman's face units and expression units,
traced from its sculpted head, CC0), varied as people differ.

- {run.plan.filmed} clips filmed through portraits of {run.people[0]} persons, and {run.plan.fields} flow fields without a
  picture; {PUBLISHED_SHARE:.0%} of both are shown as published flow maps in each epoch.
- Judged on {run.plan.held_out} clips of {run.people[1]} other persons.
- Peak displacements {100 * conditions.peaks[0]:g}-{100 * conditions.peaks[1]:g} % of the inter-ocular distance;
  {conditions.face_sizes[0]:.0f}-{conditions.face_sizes[1]:.0f} px between the eyes;
  {conditions.frame_rates[0]:.0f}-{conditions.frame_rates[1]:.0f} frames a second; sensor noise of
  {conditions.noise[0]:g}-{conditions.noise[1]:g} grey levels in uneven light of {conditions.gains[0]:g}-{conditions.gains[1]:g} of the portrait's; blur, JPEG, H.264 (crf
  {conditions.crf[0]}-{conditions.crf[1]}; {TRAINING_H264:.0%} of the training clips, {conditions.h264:.0%} of the judged ones), dropped frames.
- Key frames are means of the frames that show the same, as the pipeline makes them ({1 - TRAINING_AVERAGED:.0%} of the training
  clips: single frames, as databases keep them).
- `none` is blinks, speech, head motion, gaze shifts, swallowing, changes of light and focus, and rest.
- Portraits: {run.portraits}. They are not contained in the product.

Settings, fixed beforehand: {run.settings.epochs} epochs (the last one is taken), batch {run.settings.batch}, AdamW at
{run.settings.learning_rate:g} (one cycle), {run.settings.network.dropout:.0%} dropout. Classes
as often as in the clips, but a clip with one of
{_named(EMPHASISED)} is shown {EMPHASIS:g} times as often as others. Seed {run.shipped} is shipped whatever the others
score. The spatial attention was taught where the synthetic skin truly moved, the temporal attention to favour the apex and
to leave spoilt key frames. AU logits are shifted so that 0.5 is the best threshold on clips of training persons, and the
logit of `none` is raised until at most {MOST_CALLED:.0%} of the moments in which training persons talk and blink are called an emotion. The
held-out persons chose nothing but the two numbers of the calibration.""",
        _figures(run),
        _confusion(own, run.shipped),
        *(_curve(name, every) for name in own.curves if name != JUDGED_RANGE),
        _calibration(own),
        _attention(every),
        _still(every),
        _smile(every),
        MEANING,
        """## Known failures and limits
- Not measured on real micro-expressions; expect much lower figures there than on synthetic clips.
- Suppressed smiles resemble AU10 and AU14 and may be called negative; AU24 and AU17 are often missed when weak.
- Weak movements and compression cost accuracy, as the tables show; H.264 from crf 23 on hurts most.
- Asked about any moment in which nobody makes an expression, the network alone sees one in a few per cent (table above),
  most often in a face that is quite still. The program asks it about spotted movements only, and rejects most of what
  is speech or a blink by its course before.
- Strong head turns, glasses, beards, hands before the face and faces below 40 px between the eyes were not in the training
  set. All portraits are adults, photographed from the front.""",
    ]


def _named(action_units: Sequence[int]) -> str:
    return ", ".join(f"AU{number}" for number in action_units)


def _spread(values: Sequence[float], digits: int = 3) -> str:
    """Mean and, of several, standard deviation."""
    mean = f"{np.mean(values):.{digits}f}"
    return f"{mean} ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else mean


def _figures(run: TrainingRun) -> str:
    rows = []
    for seed, j in enumerate(run.judgements):
        every, good = j.curves[JUDGED_RANGE]
        f = j.figures
        rows.append(
            (str(seed), (good.macro_f1, good.au_f1, every.macro_f1, every.au_f1, f.emotion.uf1, f.au_f1, f.ece))
        )
    lines = [f"| {name} | " + " | ".join(f"{v:.3f}" for v in values) + " |" for name, values in rows]
    if len(rows) > 1:
        spreads = [_spread(column) for column in zip(*(values for _, values in rows), strict=True)]
        lines.append("| mean ± sd | " + " | ".join(spreads) + " |")
    return (
        "## Figures on held-out synthetic persons\n"
        "| seed | macro F1, good camera | AU F1, good camera | macro F1, every camera | AU F1, every camera | macro F1, all | "
        f"AU F1, all | calibration error |\n|{'---|' * 8}\n" + "\n".join(lines) + "\n\n"
        "'Good camera': peak displacements of 1-2.5 % of the inter-ocular distance, 25-200 frames a second, 70-160 px between the "
        "eyes, sensor noise and blur but no codec. 'Every camera': the same movements and rates with every face size, JPEG and "
        "H.264. 'All': conditions as in training, from 0.5 % and 15 frames a second on."
    )


def _confusion(own: Judgement, seed: int) -> str:
    rows = "\n".join(
        f"| {name} | " + " | ".join(str(v) for v in row) + " |"
        for name, row in zip(EMOTIONS, own.figures.emotion.confusion, strict=True)
    )
    return (
        f"Confusion of seed {seed} (rows true, columns named; all conditions); always naming the commonest class would "
        f"reach macro F1 {own.figures.emotion.floor:.3f}.\n\n| | {' | '.join(EMOTIONS)} |\n"
        f"|---|{'---|' * len(EMOTIONS)}\n{rows}"
    )


def _curve(name: str, every: Sequence[Judgement]) -> str:
    lines = []
    for i, point in enumerate(every[0].curves[name]):
        emotion = _spread([j.curves[name][i].macro_f1 for j in every])
        aus = _spread([j.curves[name][i].au_f1 for j in every])
        lines.append(f"| {point.setting} | {emotion} | {aus} |")
    return f"### Over {name}\n| {name} | macro F1 | AU F1 |\n|---|---|---|\n" + "\n".join(lines)


def _calibration(own: Judgement) -> str:
    return (
        f"## Calibration\nTemperature {own.temperature:.3f}; a label is shown from a confidence of {own.unsure_below:.2f} "
        "on, 'unsure' below. Both were fitted on the clips of half of the held-out persons; the calibration error above and the "
        f"reliability below are of the others.\n\n```\n{_reliability(own.bins)}\n```"
    )


def _reliability(bins: Sequence[Bin]) -> str:
    lines = ["confidence  right   clips"]
    for b in bins:
        bar = _BAR * round(b.accuracy * _BAR_WIDTH)
        lines.append(f"   {b.confidence:.2f}      {b.accuracy:.2f}   {b.share:6.1%}  {bar}")
    return "\n".join(lines)


def _attention(every: Sequence[Judgement]) -> str:
    def over(pick: Callable[[Judgement], float], digits: int = 3) -> str:
        return _spread([pick(j) for j in every], digits)

    drops = [np.mean([getattr(j.attention, name) for j in every]) for name in ("drop_attended", "drop_random")]
    ratio = f"{drops[0] / drops[1]:.1f}" if drops[1] > 0 else "many"
    return f"""## Attention (clips of 1-2.5 %, every camera; held-out persons)
- The peak of the apex heatmap lies where the skin truly moved in {over(lambda j: 100 * j.attention.pointing, 1)} % of clips
  (good camera: {over(lambda j: 100 * j.attention_clean.pointing, 1)} %).
- Masking the most attended fifth lowers the winning probability by {over(lambda j: j.attention.drop_attended)}, a random
  fifth by {over(lambda j: j.attention.drop_random)}: {ratio} times as much.
- The apex has the largest temporal weight in {over(lambda j: 100 * j.attention.apex_largest, 1)} % of clips (good camera:
  {over(lambda j: 100 * j.attention_clean.apex_largest, 1)} %; mean weight {over(lambda j: j.attention.apex_weight)}).
- A key frame's weight falls from {over(lambda j: j.attention.weight_before)} to {over(lambda j: j.attention.weight_spoilt)} when it
  is spoilt."""


def _still(every: Sequence[Judgement]) -> str:
    rows = []
    for own in zip(*(j.still for j in every), strict=True):
        called, shown = ([100 * getattr(f, name) for f in own] for name in ("called", "shown"))
        rows.append(f"| {own[0].name} | {own[0].windows} | {_spread(called, 1)} | {_spread(shown, 1)} |")
    return (
        "## Nobody makes an expression\nShare of windows (whether or not anything was spotted in them) that are called an "
        "emotion: recordings outside the long movements in them, and synthetic persons who talk and blink; and the share "
        "that is sure enough to be shown as one.\n\n"
        "| recording | windows | called an emotion, % | shown as one, % |\n|---|---|---|---|\n" + "\n".join(rows)
    )


def _smile(every: Sequence[Judgement]) -> str:
    if every[0].smiles is None:
        return "## Real smiles, weak and short\nNot measured in this run: no photos were named."
    pairs, spotted = every[0].smiles.pairs, every[0].smiles.spotted
    right = ", ".join(str(j.smiles.right) for j in every if j.smiles is not None)
    return (
        "## Real smiles, weak and short\n"
        f"{pairs} persons who were never trained on, each morphed from the neutral towards the smiling photo: 10-30 % of the "
        f"true smile, 200-400 ms, through the whole pipeline. Spotted: {spotted}. Called positive with AU12 or AU6 on top, by "
        f"seed: {right}."
    )
