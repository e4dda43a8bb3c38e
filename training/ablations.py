"""What each part of the network, and each kind of clip, is good for: one table."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from model.astann import AstannSettings
from model.whole_file import whole_file
from training.clipset import GENERATOR_VERSION, ClipArrays, ClipSetPlan, make_clips, training_batches
from training.evaluate import probabilities
from training.fit import FitSettings, fit
from training.flow_maps import LABELS, FlowMapSet, is_flow_map_set, read_flow_maps
from training.judge import figures_of
from training.metrics import score
from training.people import People
from training.pool import Progress
from training.published import write_flow_maps
from training.trials.curves import judged_batch

# All rows learn from the same number of clips for the same number of epochs: less than the shipped network.
_CLIPS: Final = 6000
_EPOCHS: Final = 4
_JUDGING_CLIPS: Final = 400
_MAPS: Final = 300
_MAPS_SEED: Final = 70


Scores = tuple[float, float, float]
"""Macro F1, AU F1, UF1 on flow maps."""


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    network: AstannSettings = field(default_factory=AstannSettings)
    filmed: float = 0.5
    published: bool = True


_ROWS: Final = (
    _Row("whole network, half filmed clips, half flow fields"),
    _Row("filmed clips only (the full pipeline)", filmed=1.0),
    _Row("flow fields only", filmed=0.0),
    _Row("no clips in the look of published maps", published=False),
    _Row("without spatial attention", AstannSettings(spatial=False)),
    _Row("without temporal attention", AstannSettings(temporal=False)),
    _Row("without the facial image", AstannSettings(image=False)),
    _Row("without optical strain", AstannSettings(strain=False)),
    _Row("without instance standardisation", AstannSettings(standardised=False)),
    _Row("pooling that loses position", AstannSettings(keeps_position=False)),
)


def run_ablations(people: People, cache: Path, out: Path, seeds: int, stage: Progress) -> None:
    """Trains every row with several seeds and writes the table; a run that was stopped goes on where it was.

    Args:
        people: Training and held-out persons.
        cache: Folder for clips and checkpoints.
        out: Markdown file to write.
        seeds: Seeds 0, 1, ... of every row.
        stage: Opens a progress bar.
    """
    plan = ClipSetPlan()
    filmed, fields = make_clips(training_batches(plan, people)[:2], cache, stage("synthesising clips"))
    judged = make_clips([judged_batch(people.held_out, _JUDGING_CLIPS)], cache, stage("clips to judge by"))[0]
    folder = cache / f"ablation-maps-version-{GENERATOR_VERSION}"
    if not is_flow_map_set(folder):
        tell_maps = stage("flow maps to judge by")
        write_flow_maps(people.held_out, folder, _MAPS, database="synthetic", seed=_MAPS_SEED, progress=tell_maps)
    maps = read_flow_maps(folder)
    tell = stage("networks trained")
    finished = cache / "ablations" / f"{_CLIPS}-clips-{_EPOCHS}-epochs-version-{GENERATOR_VERSION}.json"
    finished.parent.mkdir(parents=True, exist_ok=True)
    known: dict[str, Scores] = json.loads(finished.read_text(encoding="utf-8")) if finished.is_file() else {}
    results: list[tuple[str, list[Scores]]] = []
    for row in _ROWS:
        scores = []
        for seed in range(seeds):
            name = f"{row.name}, seed {seed}"
            if name not in known:
                known[name] = _run(row, seed, filmed, fields, judged, maps, cache)
                with whole_file(finished) as partial:
                    partial.write_text(json.dumps(known, indent=1), encoding="utf-8")
            scores.append(known[name])
            tell(len(results) * seeds + len(scores), len(_ROWS) * seeds)
        results.append((row.name, scores))
        _write(out, results, seeds)


def _run(
    row: _Row,
    seed: int,
    filmed: ClipArrays,
    fields: ClipArrays,
    judged: ClipArrays,
    maps: FlowMapSet,
    cache: Path,
) -> Scores:
    share = round(_CLIPS * row.filmed)
    clips = ClipArrays.joined([filmed.picked(np.arange(share)), fields.picked(np.arange(_CLIPS - share))])
    settings = FitSettings(epochs=_EPOCHS, seed=seed, network=row.network)
    if not row.published:
        settings = replace(settings, published=0.0)
    network = fit(clips, settings, cache / "ablations" / "run", progress=False)
    f = figures_of(network, judged)
    uf1 = score(maps.labels, probabilities(network, maps).argmax(axis=1), len(LABELS)).uf1
    return f.emotion.uf1, f.au_f1, uf1


def _write(out: Path, results: list[tuple[str, list[Scores]]], seeds: int) -> None:
    lines = []
    for name, scores in results:
        spread = np.std(scores, axis=0, ddof=1) if seeds > 1 else np.zeros(3)
        cells = [f"{m:.3f} ± {s:.3f}" for m, s in zip(np.mean(scores, axis=0), spread, strict=True)]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    table = "\n".join(lines)
    with whole_file(out) as partial:
        partial.write_text(
            f"""# What each part is good for

Written by `python -m training ablate`. Every row: {_CLIPS} clips, {_EPOCHS} epochs (a shorter schedule than that of
the shipped network, the same for all), mean ± sd of {seeds} seeds. Judged on persons that were not trained on: filmed
clips of 1-2.5 % of the inter-ocular distance (four classes), and {_MAPS} clips as 28 px TV-L1 flow maps, cut and
measured otherwise than the product does and with a stronger variation of the muscles (three classes, UF1).

| | macro F1 | AU F1 | UF1 on flow maps |
|---|---|---|---|
{table}
""",
            encoding="utf-8",
        )
