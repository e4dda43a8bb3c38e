"""The command ``python -m training``."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import platformdirs
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from model.errors import FleetingError
from training.clipset import ClipArrays, ClipSetPlan, build_clipset, portraits_in, split_people

app = typer.Typer(
    help="Produces and judges the network of Fleeting.", no_args_is_help=True, pretty_exceptions_enable=False
)
console = Console()

Faces = Annotated[Path, typer.Option(help="Folder of frontal neutral portraits, one person a file.")]
Cache = Annotated[Path, typer.Option(help="Folder for clips and logs; may grow to some gigabytes.")]
Filmed = Annotated[int, typer.Option(help="Clips filmed through portraits.")]
Fields = Annotated[int, typer.Option(help="Flow-field clips without a picture.")]
HeldOut = Annotated[int, typer.Option(help="Clips of held-out persons.")]

_DEFAULT_CACHE = platformdirs.user_cache_path("fleeting") / "training"
_DEFAULTS = ClipSetPlan(Path())


@app.command()
def synthesise(
    faces: Faces,
    cache: Cache = _DEFAULT_CACHE,
    filmed: Filmed = _DEFAULTS.filmed,
    fields: Fields = _DEFAULTS.fields,
    held_out: HeldOut = _DEFAULTS.held_out,
    seed: int = 0,
) -> None:
    """Makes the synthetic clips and caches them."""
    train, judged = _clips(ClipSetPlan(faces, filmed, fields, held_out, seed), cache)
    console.print(f"{len(train)} training clips and {len(judged)} held-out clips in {cache}")


@app.command()
def fit(
    faces: Faces,
    out: Annotated[Path, typer.Option(help="Folder for astann.onnx and its card astann.md.")],
    cache: Cache = _DEFAULT_CACHE,
    filmed: Filmed = _DEFAULTS.filmed,
    fields: Fields = _DEFAULTS.fields,
    held_out: HeldOut = _DEFAULTS.held_out,
    epochs: Annotated[int, typer.Option(help="Passes over the clips; the last one is taken.")] = 10,
    seeds: Annotated[int, typer.Option(help="Networks to train with seeds 0, 1, ...; seed 0 is exported.")] = 1,
) -> None:
    """Trains ASTANN, judges it on held-out persons, calibrates and exports it with its card."""
    from model.export import export_onnx
    from training.calibration import fit_temperature, unsure_threshold
    from training.card import write_card
    from training.fit import FitSettings, predict
    from training.fit import fit as train_network
    from training.metrics import Figures, judge

    plan = ClipSetPlan(faces, filmed, fields, held_out)
    train, judged = _clips(plan, cache)
    out.mkdir(parents=True, exist_ok=True)
    onnx = out / "astann.onnx"
    figures: list[tuple[int, Figures]] = []
    calibration = (1.0, 0.5)
    for seed in range(seeds):
        settings = FitSettings(epochs=epochs, seed=seed)
        network = train_network(train, settings, cache / "logs", progress=console.is_terminal)
        logits = predict(network, judged)
        temperature = fit_temperature(logits.emotion, judged.emotion)
        probabilities = _softmax(logits.emotion / temperature)
        result = judge(probabilities, 1 / (1 + np.exp(-logits.action_units)), judged.emotion, judged.action_units)
        figures.append((seed, result))
        console.print(
            f"seed {seed}: macro F1 {result.macro_f1:.3f}, mean AU F1 {result.au_f1:.3f}, ECE {result.ece:.3f}"
        )
        if seed == 0:
            calibration = (temperature, unsure_threshold(probabilities, judged.emotion))
            export_onnx(
                network,
                onnx,
                temperature=calibration[0],
                unsure_below=calibration[1],
                version="synthetic-1 seed 0",
            )
    people = split_people(portraits_in(faces))
    write_card(
        out / "astann.md",
        onnx=onnx,
        plan=plan,
        people=(len(people[0]), len(people[1])),
        settings=FitSettings(epochs=epochs),
        figures=figures,
        shipped=0,
        temperature=calibration[0],
        unsure_below=calibration[1],
    )
    table = Table("seed", "macro F1", "UAR", "mean AU F1", "ECE", title="held-out synthetic persons")
    for seed, result in figures:
        table.add_row(str(seed), *(f"{v:.3f}" for v in (result.macro_f1, result.uar, result.au_f1, result.ece)))
    console.print(table)
    console.print(f"written: {onnx}, {out / 'astann.md'}")


@app.command("clear-cache")
def clear_cache(cache: Cache = _DEFAULT_CACHE) -> None:
    """Deletes cached clips and logs."""
    shutil.rmtree(cache, ignore_errors=True)
    console.print(f"deleted {cache}")


def _clips(plan: ClipSetPlan, cache: Path) -> tuple[ClipArrays, ClipArrays]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("synthesising clips", total=None)
        return build_clipset(plan, cache, lambda done, total: bar.update(task, completed=done, total=total))


def _softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def main() -> None:
    """Entry point: errors meant for people are printed without a traceback."""
    try:
        app()
    except FleetingError as error:
        console.print(f"[red]{error}[/red]")
        raise SystemExit(1) from error
