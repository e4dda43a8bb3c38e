"""What the spotting benchmark found, as a table, as data and as a plot."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any, Final

from matplotlib.figure import Figure

from model.whole_file import whole_file
from training.spotting.bench import AMPLITUDES, JUDGED_PEAKS, Cell, SpottingResult
from training.spotting.methods import PRODUCT
from training.spotting.scores import milliseconds

_COLUMNS: Final = (
    "recordings", "method", "true", "F1", "precision", "recall", "false alarms / min", "F1 from 0.5 % on", "apex ms",
    "apex p95", "onset ms", "offset ms", "latency p95",
)  # fmt: skip


def write_result(result: SpottingResult, folder: Path) -> tuple[Path, Path, Path]:
    """Writes the table as Markdown and as JSON, and the plot."""
    folder.mkdir(parents=True, exist_ok=True)
    table, data, plot = (folder / f"spotting.{suffix}" for suffix in ("md", "json", "svg"))
    with whole_file(table) as partial:
        partial.write_text(_markdown(result), encoding="utf-8")
    with whole_file(data) as partial:
        partial.write_text(json.dumps([_row(cell, m) for cell in result.cells for m in cell.judged], indent=1))
    with whole_file(plot) as partial:
        _plot(result, partial)
    return table, data, plot


def _plot(result: SpottingResult, path: Path) -> None:
    """F1 of each kind of recording, and recall over amplitude in the first kind, the webcam at 30 frames a second."""
    # The object interface: pyplot would look for a screen.
    figure = Figure(figsize=(11.0, 4.2), layout="constrained")
    bars, curve = figure.subplots(1, 2)
    cells = [cell for cell in result.cells if not cell.talk]
    middles = [math.sqrt(low * high) * 100 for low, high in itertools.pairwise(AMPLITUDES)]
    width = 0.8 / len(result.settings)
    for i, method in enumerate(result.settings):
        bars.bar([x + i * width for x in range(len(cells))], [c.judged[method].f1 for c in cells], width, label=method)
        curve.plot(middles, [tallies[method].recall for tallies in cells[0].classes], marker="o", label=method)
    bars.set_xticks(
        [x + 0.4 - width / 2 for x in range(len(cells))], [f"{c.setting.name}\n{c.fps:g} fps" for c in cells]
    )
    bars.set_ylabel(f"F1 from {100 * JUDGED_PEAKS[0]:g} % on")
    curve.set_xlabel("peak displacement, % of the inter-ocular distance")
    curve.set_ylabel(f"recall, {cells[0].setting.name} at {cells[0].fps:g} fps")
    for axes in (bars, curve):
        axes.set_ylim(0.0, 1.0)
        axes.grid(alpha=0.3)
    bars.legend()
    figure.savefig(path, format="svg")


def _row(cell: Cell, method: str) -> dict[str, Any]:
    t, every = cell.judged[method], cell.every[method]
    return {
        "camera": cell.setting.name,
        "fps": cell.fps,
        "talk only": cell.talk,
        "method": method,
        "minutes": t.seconds / 60,
        "true": t.true,
        "f1": t.f1,
        "precision": t.precision,
        "recall": t.recall,
        "false alarms a minute": t.alarms_a_minute,
        "f1 of all amplitudes": every.f1,
        "recall of all amplitudes": every.recall,
        "apex error ms": milliseconds(t.apex_errors),
        "apex error p95 ms": milliseconds(t.apex_errors, 95),
        "onset error ms": milliseconds(t.onset_errors),
        "offset error ms": milliseconds(t.offset_errors),
        "latency p95 ms": milliseconds(t.latencies, 95),
    }


def _markdown(result: SpottingResult) -> str:
    lines = []
    for cell in result.cells:
        for method in cell.judged:
            row = _row(cell, method)
            figures = [f"{row[k]:.2f}" for k in ("f1", "precision", "recall", "false alarms a minute")]
            figures += [f"{row['f1 of all amplitudes']:.2f}"]
            if cell.every[method].true == 0:  # only false alarms can be counted there
                figures = ["", "", "", figures[3], ""]
            errors = ("apex error ms", "apex error p95 ms", "onset error ms", "offset error ms", "latency p95 ms")
            figures += [f"{row[k]:.0f}" for k in errors]
            lines.append(f"| {cell.name} | {method} | {row['true']} | " + " | ".join(figures).replace("nan", "") + " |")
    chosen = "; ".join(f"{name}: {setting}" for name, setting in result.settings.items() if name not in PRODUCT)
    return f"""# Spotting on synthetic recordings

Written by `python -m training bench spotting`: {result.seconds / 60:.0f} minutes, {result.persons} persons, true
onset, apex and offset known exactly. A hit is an intersection over union of at least 0.5, one to one. Main figures
count micro-expressions from {100 * JUDGED_PEAKS[0]:g} % of the inter-ocular distance on; weaker ones count neither way
there. Settings of the references, chosen for the best F1 on other recordings: {chosen}.

| {" | ".join(_COLUMNS)} |
|{"---|" * len(_COLUMNS)}
{chr(10).join(lines)}

Apex, onset and offset: median absolute error of the hits. Latency: from the true offset to the report, stream time.
"""
