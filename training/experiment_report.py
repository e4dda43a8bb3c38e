"""What an experiment found: figures pooled over folds, as JSON, as a Markdown table, and as plots."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from sklearn.metrics import f1_score

from model.whole_file import whole_file
from training.experiment import Contender, Material, Result
from training.learners import FEWEST_ALIGNED
from training.metrics import ClassScores, score
from training.protocols import Protocol

# An action unit is named when its probability reaches this.
_NAMED: Final = 0.5
_POOLED: Final = "pooled"

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class GroupScore:
    """How one contender did on one group of folds with one seed, predictions pooled.

    Attributes:
        f1: Macro F1 of the emotions, or the mean F1 of the action units.
        accuracy: Share of right labels (of action units: of single decisions).
        uar: Mean recall of the emotions; NaN for action units.
        floor: F1 of the majority class; for action units of naming every unit.
        per_fold: Mean of the folds' own F1. Another figure, and not the one to report.
        confusion: ``int [k, k]``, rows true; None for action units.
    """

    f1: float
    accuracy: float
    uar: float
    floor: float
    per_fold: float
    confusion: npt.NDArray[np.int64] | None


@dataclass(frozen=True, slots=True)
class Line:
    """A contender in the table.

    Attributes:
        contender: Who.
        scores: Group to one score a seed.
        parameters: Learnt weights.
        milliseconds: For one clip, median over the jobs.
    """

    contender: Contender
    scores: dict[str, list[GroupScore]]
    parameters: int
    milliseconds: float


def summarise(results: Sequence[Result], material: Material) -> list[Line]:
    """Scores every contender; only groups whose folds are all finished count."""
    wanted = defaultdict(set)
    for fold in material.protocol.folds(material.clips):
        wanted[fold.group].add(fold.name)
    lines = []
    for contender in dict.fromkeys(result.contender for result in results):
        own = [result for result in results if result.contender == contender]
        scores: dict[str, list[GroupScore]] = {}
        for group, folds in wanted.items():
            seeds = sorted({result.seed for result in own})
            parts = [[r for r in own if r.seed == seed and r.group == group] for seed in seeds]
            whole = [part for part in parts if {r.fold for r in part} == folds]
            if whole:
                scores[group] = [_score(part, material) for part in whole]
        if scores:
            milliseconds = float(np.median([result.milliseconds for result in own]))
            lines.append(Line(contender, scores, own[0].parameters, milliseconds))
    return lines


def _score(parts: Sequence[Result], material: Material) -> GroupScore:
    test = np.concatenate([part.test for part in parts])
    shares = np.concatenate([part.shares for part in parts])
    truth = material.answers[test]
    if not material.protocol.exclusive:
        each = [_units_f1(material.answers[part.test], part.shares >= _NAMED) for part in parts]
        named = shares >= _NAMED
        floor = _units_f1(truth, np.ones_like(named))
        return GroupScore(
            _units_f1(truth, named), float((named == truth).mean()), float("nan"), floor, float(np.mean(each)), None
        )
    pooled = _emotions(truth, shares)
    each = [_emotions(material.answers[part.test], part.shares).uf1 for part in parts]
    return GroupScore(pooled.uf1, pooled.accuracy, pooled.uar, pooled.floor, float(np.mean(each)), pooled.confusion)


def _emotions(truth: Array, shares: Array) -> ClassScores:
    return score(truth.argmax(axis=1), shares.argmax(axis=1), truth.shape[1])


def _units_f1(truth: Array, named: npt.NDArray[np.bool_]) -> float:
    """Mean F1 over the units that occur among the judged clips."""
    occurring = truth.any(axis=0)
    return float(np.mean([f1_score(truth[:, k], named[:, k], zero_division=0.0) for k in np.flatnonzero(occurring)]))


def write_report(
    lines: Sequence[Line], failed: Sequence[str], material: Material, seeds: int, folder: Path
) -> list[Path]:
    """Writes ``results.json``, ``report.md`` and the plots.

    Args:
        lines: The scores.
        failed: Jobs that did not succeed, and why.
        material: The clips.
        seeds: Runs of each method that depends on chance.
        folder: Folder to write.

    Returns:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / "results.json", folder / "report.md"]
    with whole_file(written[0]) as partial:
        partial.write_text(json.dumps(_facts(lines, failed, material), indent=1, ensure_ascii=False), encoding="utf-8")
    with whole_file(written[1]) as partial:
        partial.write_text(_markdown(lines, failed, material, seeds), encoding="utf-8")
    if lines:
        written.append(_plot_scores(lines, material.protocol, folder / "scores.png"))
        if material.protocol.exclusive:
            written.append(_plot_confusions(lines, material.protocol, folder / "confusions.png"))
    return written


def _facts(lines: Sequence[Line], failed: Sequence[str], material: Material) -> dict[str, object]:
    return {
        "protocol": material.protocol.name,
        "clips": len(material.clips),
        "failed": list(failed),
        "methods": [
            {
                "method": line.contender.method,
                "adaptation": line.contender.adaptation,
                "parameters": line.parameters,
                "milliseconds_a_clip": line.milliseconds,
                "groups": {
                    group: [
                        {
                            "f1": s.f1,
                            "accuracy": s.accuracy,
                            "uar": None if np.isnan(s.uar) else s.uar,
                            "floor": s.floor,
                            "mean_of_folds_f1": s.per_fold,
                            "confusion": None if s.confusion is None else s.confusion.tolist(),
                        }
                        for s in own
                    ]
                    for group, own in line.scores.items()
                },
            }
            for line in lines
        ],
    }


def _markdown(lines: Sequence[Line], failed: Sequence[str], material: Material, seeds: int) -> str:
    protocol = material.protocol
    groups = list(dict.fromkeys(group for line in lines for group in line.scores))
    measure = "macro F1 (UF1)" if protocol.exclusive else "mean F1 of the action units"
    counts = ", ".join(
        f"{name} {sum(clip.database == name for clip in material.clips)}"
        for name in protocol.databases
        if any(clip.database == name for clip in material.clips)
    )
    text = [
        f"# {protocol.title[0].upper()}{protocol.title[1:]}",
        "",
        f"Clips: {counts}. Predictions are pooled over the folds of a column before anything is scored; mean ±",
        f"standard deviation over {seeds} seed{'s' * (seeds > 1)} (methods without chance: one run). Epochs, weights",
        "and thresholds were fixed beforehand; no label of a judged clip was seen by any method.",
        "",
        f"## {measure}",
        "",
        *_table(lines, groups, "f1"),
        "",
        "## Accuracy",
        "",
        *_table(lines, groups, "accuracy"),
    ]
    if protocol.exclusive:
        text += ["", "## Mean recall (UAR)", "", *_table(lines, groups, "uar")]
    text += ["", "## Size and speed", "", "| method | weights and biases | ms a clip, one thread |", "|---|---|---|"]
    text += [f"| {line.contender.title} | {line.parameters:,} | {line.milliseconds:.1f} |" for line in lines]
    text += ["", "## Remarks", "", *_remarks(lines, material)]
    if failed:
        text += ["", "## Not finished", "", *(f"- {problem}" for problem in failed)]
    if protocol.exclusive:
        text += ["", "## Confusion, first seed (rows true, columns named)"]
        for line in lines:
            for group, own in line.scores.items():
                text += ["", f"{line.contender.title}, {group}", "", *_confusion(own[0], protocol)]
    return "\n".join(text) + "\n"


def _table(lines: Sequence[Line], groups: Sequence[str], figure: str) -> list[str]:
    rows = [f"| method | {' | '.join(groups)} | mean |", "|---" * (len(groups) + 2) + "|"]
    for line in lines:
        cells = [_spread([getattr(s, figure) for s in line.scores[g]]) if g in line.scores else "" for g in groups]
        mean = np.mean([[getattr(s, figure) for s in own] for own in line.scores.values()], axis=0)
        rows.append(f"| {line.contender.title} | {' | '.join(cells)} | {_spread(list(mean))} |")
    if figure == "f1" and lines:
        floors = [_spread([lines[0].scores[g][0].floor]) if g in lines[0].scores else "" for g in groups]
        mean_floor = np.mean([own[0].floor for own in lines[0].scores.values()])
        rows.append(f"| floor: always the commonest answer | {' | '.join(floors)} | {mean_floor:.3f} |")
    return rows


def _spread(values: Sequence[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}"


def _remarks(lines: Sequence[Line], material: Material) -> list[str]:
    folds = material.protocol.folds(material.clips)
    remarks = [f"- {fold.name}: {fold.remark}." for fold in folds if fold.remark]
    small = [fold.name for fold in folds if len(fold.test) < FEWEST_ALIGNED]
    if small and any(line.contender.adaptation != "none" for line in lines):
        remarks.append(
            f"- {len(small)} of {len(folds)} folds judge fewer than {FEWEST_ALIGNED} clips; nothing can be aligned "
            "there, and adapted methods are trained without."
        )
    if len(folds) > len({fold.group for fold in folds}) and lines:
        first = next(iter(lines[0].scores.values()))[0]
        remarks.append(
            f"- Averaging over folds instead of pooling gives another figure ({lines[0].contender.title}: "
            f"{first.per_fold:.3f} instead of {first.f1:.3f}); it is not comparable and is not used."
        )
    return remarks or ["- None."]


def _confusion(own: GroupScore, protocol: Protocol) -> list[str]:
    assert own.confusion is not None
    rows = [f"| | {' | '.join(protocol.classes)} |", "|---" * (len(protocol.classes) + 1) + "|"]
    for name, row in zip(protocol.classes, own.confusion, strict=True):
        rows.append(f"| {name} | {' | '.join(str(v) for v in row)} |")
    return rows


def _plot_scores(lines: Sequence[Line], protocol: Protocol, path: Path) -> Path:
    groups = list(dict.fromkeys(group for line in lines for group in line.scores))
    figure = Figure(figsize=(min(14.0, 7.5 + 0.6 * len(groups)), 5.0), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(lines)
    for n, line in enumerate(lines):
        places = [groups.index(group) + (n - (len(lines) - 1) / 2) * width for group in line.scores]
        values = [[s.f1 for s in own] for own in line.scores.values()]
        spread = [np.std(v, ddof=1) if len(v) > 1 else 0.0 for v in values]
        axes.bar(places, [np.mean(v) for v in values], width, yerr=spread, label=line.contender.title, capsize=2)
    for group, own in lines[0].scores.items():
        place = groups.index(group)
        axes.hlines(own[0].floor, place - 0.45, place + 0.45, colors="black", linestyles="dotted")
    axes.set_xticks(range(len(groups)), groups)
    axes.set_ylabel("macro F1" if protocol.exclusive else "mean F1 of the action units")
    axes.set_title(f"{protocol.title} (dotted: floor)")
    figure.legend(loc="outside lower center", ncols=min(3, len(lines)), fontsize="x-small")
    return _save(figure, path)


def _plot_confusions(lines: Sequence[Line], protocol: Protocol, path: Path) -> Path:
    figure = Figure(figsize=(2.6 * min(4, len(lines)), 2.8 * -(-len(lines) // 4)), layout="constrained")
    grid = figure.subplots(-(-len(lines) // 4), min(4, len(lines)), squeeze=False)
    for axes in grid.flat[len(lines) :]:
        axes.set_axis_off()
    for axes, line in zip(grid.flat, lines, strict=False):
        every = [s.confusion for own in line.scores.values() for s in own if s.confusion is not None]
        counts = np.sum(every, axis=0)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, vmin=0.0, vmax=1.0, cmap="Blues")
        for (row, column), share in np.ndenumerate(shares):
            axes.text(column, row, f"{share:.2f}", ha="center", va="center", color="white" if share > 0.5 else "black")
        axes.set_xticks(range(len(protocol.classes)), [name[:3] for name in protocol.classes])
        axes.set_yticks(range(len(protocol.classes)), [name[:3] for name in protocol.classes])
        axes.set_title(line.contender.title, fontsize="small")
    return _save(figure, path)


def _save(figure: Figure, path: Path) -> Path:
    with whole_file(path) as partial, mpl.rc_context({"svg.hashsalt": "fleeting"}):
        figure.savefig(partial, format="png", dpi=110)
    return path
