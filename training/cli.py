"""The command ``python -m training``."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import numpy as np
import typer
from rich.table import Table

from assets import ASTANN_ONNX
from model.errors import FleetingError
from training.clipset import ClipArrays, ClipSetPlan, make_clips, persons_of, training_batches
from training.console import DEFAULT_CACHE, bar, console, stages, tell_problems
from training.databases.command import databases
from training.experiment_command import export_command, prepare_command, protocol_command, run_protocol
from training.people import People, read_people
from training.tracing.command import trace_command

if TYPE_CHECKING:
    from training.judge import Judgement
    from training.metrics import ClassScores

# Torch and Lightning take seconds to import: every command imports what it needs when it runs.

app = typer.Typer(
    help="Produces and judges the network of Fleeting.", no_args_is_help=True, pretty_exceptions_enable=False
)
bench = typer.Typer(help="Benchmarks that take long.", no_args_is_help=True)
app.add_typer(bench, name="bench")
app.add_typer(databases, name="databases")
app.command("prepare")(prepare_command)
app.command("protocol")(protocol_command)
app.command("export")(export_command)
app.command("trace")(trace_command)

Faces = Annotated[Path, typer.Option(help="Folder of frontal neutral portraits, one person a file.")]
Cache = Annotated[Path, typer.Option(help="Folder for clips and portraits; may grow to some gigabytes.")]
Filmed = Annotated[int, typer.Option(help="Clips filmed through portraits.")]
Fields = Annotated[int, typer.Option(help="Flow-field clips without a picture.")]
HeldOut = Annotated[int, typer.Option(help="Clips of held-out persons.")]
Seeds = Annotated[int, typer.Option(help="Runs with seeds 0, 1, ...")]
Model = Annotated[Path, typer.Option(help="An .onnx file of this training, or a .ckpt file of a training run.")]
Smiles = Annotated[Path | None, typer.Option(help="Folder of NAME_neutral and NAME_smiling photos, for the card.")]
Recordings = Annotated[Path | None, typer.Option(help="Folder of videos without micro-expressions, for the card.")]
TrialClips = Annotated[int, typer.Option(help="Clips of each point of the card's curves.")]
TalkMinutes = Annotated[float, typer.Option(help="Minutes of synthetic talk for the card.")]
Portraits = Annotated[str, typer.Option(help="What the portraits are, with their licence, for the card.")]

_DEFAULTS = ClipSetPlan()
# Clips of training persons on which the AUs' thresholds are settled.
_SETTLING_CLIPS: Final = 4000
_NOT_STATED = "not stated by whoever trained it"


@app.command()
def synthesise(
    faces: Faces,
    cache: Cache = DEFAULT_CACHE,
    filmed: Filmed = _DEFAULTS.filmed,
    fields: Fields = _DEFAULTS.fields,
    held_out: HeldOut = _DEFAULTS.held_out,
    seed: int = 0,
) -> None:
    """Makes the synthetic clips and caches them; an interrupted run goes on where it stopped."""
    people = _people(faces, cache)
    train, judged = _clips(ClipSetPlan(filmed, fields, held_out, seed), people, cache)
    console.print(f"{len(train)} training clips and {len(judged)} held-out clips in {cache}")


@app.command("synthesise-maps")
def synthesise_maps(
    faces: Faces,
    out: Annotated[Path, typer.Option(help="Folder for the flow-map set.")],
    cache: Cache = DEFAULT_CACHE,
    clips: Annotated[int, typer.Option(help="Clips in all.")] = 300,
    side: Annotated[int, typer.Option(help="Pixels of a map.")] = 28,
    flow: Annotated[str, typer.Option(help="tvl1 or farneback.")] = "tvl1",
    seed: int = 0,
) -> None:
    """Makes a flow-map set of the held-out persons, cut and measured otherwise than the product does."""
    from training.published import MapStyle, write_flow_maps

    people = _people(faces, cache)
    with bar("persons filmed") as tell:
        style = MapStyle(side=side, flow=flow)
        write_flow_maps(people.held_out, out, clips, database="synthetic", style=style, seed=seed, progress=tell)
    console.print(f"{clips} clips in {out}")


@app.command()
def fit(
    faces: Faces,
    out: Annotated[Path, typer.Option(help="Folder for astann.onnx, its card astann.md and the checkpoints.")],
    cache: Cache = DEFAULT_CACHE,
    filmed: Filmed = _DEFAULTS.filmed,
    fields: Fields = _DEFAULTS.fields,
    held_out: HeldOut = _DEFAULTS.held_out,
    epochs: Annotated[int, typer.Option(help="Passes over the clips; the last one is taken.")] = 0,
    seeds: Seeds = 1,
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoints in OUT; judge finished ones again.")] = False,
    smiles: Smiles = None,
    recordings: Recordings = None,
    portraits: Portraits = _NOT_STATED,
    trial_clips: TrialClips = 400,
    talk_minutes: TalkMinutes = 10.0,
    devices: Annotated[int, typer.Option(help="Graphics cards for one run; processes where there is none.", min=1)] = 1,
    nodes: Annotated[int, typer.Option(help="Machines; start the command on each, e.g. by srun.", min=1)] = 1,
) -> None:
    """Trains ASTANN, judges it on held-out persons, calibrates and exports it with its card. Seed 0 is exported."""
    from training.fit import Devices, FitSettings
    from training.fit import fit as train_network
    from training.judge import TrialPlan, judge_networks, prepare_trials
    from training.shipping import SHIPPED, ship

    if nodes > 1 and seeds > 1:
        raise typer.BadParameter("Several machines train one seed at a time: start the command once for each seed.")
    plan = ClipSetPlan(filmed, fields, held_out)
    people = _people(faces, cache)
    train, judged = _clips(plan, people, cache)
    settings = FitSettings(epochs=epochs or FitSettings().epochs)
    networks = [
        train_network(
            train,
            replace(settings, seed=seed),
            out / f"seed-{seed}",
            resume=resume,
            progress=console.is_terminal,
            devices=Devices(devices, nodes),
        )
        for seed in range(seeds)
    ]
    seen = train.picked(np.arange(min(plan.filmed, _SETTLING_CLIPS)))
    del train
    trial_plan = TrialPlan(smiles, recordings, trial_clips, talk_minutes)
    persons = persons_of(training_batches(plan, people)[2])
    with stages() as stage:
        trials = prepare_trials(people, trial_plan, judged, persons, cache, stage)
        judgements = judge_networks(networks, seen, trials, stage("networks judged"))
    _print_judgements(judgements)
    written = ship(networks[SHIPPED], judgements, out, people=people, portraits=portraits, plan=plan, settings=settings)
    console.print("written:", *written)


@app.command()
def evaluate(
    maps: Annotated[Path, typer.Option("--set", help="Folder of a flow-map set (manifest.csv and its maps).")],
    model: Model = ASTANN_ONNX,
    predictions: Annotated[Path | None, typer.Option(help="CSV to write, one row a clip.")] = None,
    finetune: Annotated[bool, typer.Option(help="Fine-tune on all subjects but one, for each in turn.")] = False,
    epochs: Annotated[int, typer.Option(help="Of fine-tuning; the last one is taken.")] = 0,
    seeds: Annotated[int, typer.Option(help="Runs of fine-tuning with seeds 0, 1, ...")] = 3,
) -> None:
    """Judges a network on a flow-map set, as it is or by leave-one-subject-out fine-tuning."""
    from training.evaluate import per_database, probabilities, write_predictions
    from training.finetune import FinetuneSettings, leave_one_subject_out
    from training.flow_maps import LABELS, read_flow_maps
    from training.metrics import score
    from training.networks import load_network

    clips = read_flow_maps(maps)
    tell_problems("left out", clips.refused)
    if not finetune:
        shares = probabilities(load_network(model), clips)
    else:
        runs = []
        for seed in range(seeds):
            settings = FinetuneSettings(epochs=epochs or FinetuneSettings().epochs, seed=seed)
            with bar(f"subjects left out, seed {seed}") as tell:
                runs.append(leave_one_subject_out(maps, model, settings, tell))
        singles = [score(clips.labels, run.argmax(axis=1), len(LABELS)).uf1 for run in runs]
        if seeds > 1:
            spread = f"{np.mean(singles):.3f} ± {np.std(singles, ddof=1):.3f}"
            console.print(f"UF1 of single seeds: {', '.join(f'{s:.3f}' for s in singles)}; mean ± sd {spread}")
            console.print("below: the mean of the seeds' probabilities")
        shares = np.mean(runs, axis=0)
    _print_scores(per_database(clips, shares.argmax(axis=1)), str(maps))
    if predictions is not None:
        write_predictions(predictions, clips, shares)
        console.print(f"written: {predictions}")


@app.command()
def adapt(
    target: Annotated[Path, typer.Option(help="Folder of unlabelled recordings, or a flow-map set.")],
    out: Annotated[Path, typer.Option(help="Folder for the new astann.onnx and its card astann.md.")] = Path(
        "out/adapted"
    ),
    model: Model = ASTANN_ONNX,
    method: Annotated[str, typer.Option(help="coral, logit-coral, mmd, dann or none.")] = "coral",
    faces: Annotated[Path | None, typer.Option(help="Portraits for the source clips; else the demo's alone.")] = None,
    cache: Cache = DEFAULT_CACHE,
    seeds: Seeds = 1,
) -> None:
    """Adapts a network to recordings or flow maps without labels. Seed 0 is exported; labels are never read."""
    from training.adapting import adapt_and_export

    with stages() as stage:
        results = adapt_and_export(
            target=target, out=out, model=model, method=method, faces=faces, cache=cache, seeds=seeds, stage=stage,
            tell=console.print,
        )  # fmt: skip
    table = Table("seed", *results[0][1], title="source clips of held-out persons, before → after")
    for seed, changes in results:
        table.add_row(str(seed), *(f"{before:.3f} → {after:.3f}" for before, after in changes.values()))
    console.print(table)
    console.print(f"written: {out / 'astann.onnx'}, {out / 'astann.md'}")


@app.command()
def ablate(
    faces: Faces,
    out: Annotated[Path, typer.Option(help="Markdown file for the table.")],
    cache: Cache = DEFAULT_CACHE,
    seeds: Seeds = 2,
) -> None:
    """Measures what each part of the network and of its clips is good for, on a shorter schedule."""
    from training.ablations import run_ablations

    people = _people(faces, cache)
    with stages() as stage:
        run_ablations(people, cache, out, seeds, stage)
    console.print(f"written: {out}")


@bench.command()
def spotting(
    faces: Faces,
    out: Annotated[Path, typer.Option(help="Folder for the table, its data and its plot.")] = Path("bench-results"),
    cache: Cache = DEFAULT_CACHE,
    persons: Annotated[int, typer.Option(help="Persons that are judged.", min=1)] = 20,
) -> None:
    """Spots micro-expressions in long synthetic recordings, with the product and with two reference methods."""
    from training.spotting.bench import bench_spotting
    from training.spotting.report import write_result
    from training.spotting.scores import milliseconds

    people = _people(faces, cache)
    with stages() as stage:
        result = bench_spotting(people, stage, persons)
    table = Table("recordings", "method", "F1", "alarms / min", "apex ms", title="spotting, from 1 % on")
    for cell in result.cells:
        for method, t in cell.judged.items():
            figures = (f"{t.f1:.2f}", f"{t.alarms_a_minute:.1f}", f"{milliseconds(t.apex_errors):.0f}")
            table.add_row(cell.name, method, *figures)
    console.print(table)
    console.print("written:", *write_result(result, out))


@bench.command("protocols")
def bench_protocols(
    faces: Annotated[Path | None, typer.Option(help="Portraits for the twins' persons; else the demo's alone.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("bench-results/protocols"),
    cache: Cache = DEFAULT_CACHE,
    seeds: Seeds = 3,
) -> None:
    """Runs C→H and H→C on synthetic twins of CASME II and SMIC-HS as large as the real ones."""
    from training.people import demo_person
    from training.twins.filming import full_size

    people = read_people(faces, cache) if faces is not None else None
    persons = (*people.training, *people.held_out) if people is not None else (demo_person(cache),)
    with stages() as stage:
        roots = [full_size(name, persons, cache, stage(f"{name} filmed")) for name in ("CASME II", "SMIC-HS")]
    run_protocol(
        "c-h", roots, out, ["astann", "astann-scratch", "lbp-top", "off-apexnet", "ststnet"], ["none", "coral"], seeds,
        cache=cache,
    )  # fmt: skip


@app.command("clear-cache")
def clear_cache(cache: Cache = DEFAULT_CACHE) -> None:
    """Deletes cached clips and portraits."""
    shutil.rmtree(cache, ignore_errors=True)
    console.print(f"deleted {cache}")


def _people(faces: Path, cache: Path) -> People:
    with bar("reading portraits") as tell:
        people = read_people(faces, cache, tell)
    tell_problems("left out", people.refused)
    return people


def _clips(plan: ClipSetPlan, people: People, cache: Path) -> tuple[ClipArrays, ClipArrays]:
    """Training and held-out clips."""
    with bar("synthesising clips") as tell:
        filmed, fields, held_out = make_clips(training_batches(plan, people), cache, tell)
    return ClipArrays.joined([filmed, fields]), held_out


def _print_judgements(judgements: Sequence[Judgement]) -> None:
    from training.trials.curves import JUDGED_RANGE

    columns = ("macro F1", "AU F1", "macro F1, every camera", "AU F1, every camera", "ECE")
    table = Table("seed", *columns, title="held-out synthetic persons, 1-2.5 %")
    for seed, j in enumerate(judgements):
        every, good = j.curves[JUDGED_RANGE]
        values = (good.macro_f1, good.au_f1, every.macro_f1, every.au_f1, j.figures.ece)
        table.add_row(str(seed), *(f"{v:.3f}" for v in values))
    console.print(table)


def _print_scores(scores: dict[str, ClassScores], title: str) -> None:
    from training.flow_maps import LABELS

    table = Table("database", "clips", "UF1", "UAR", "accuracy", "majority floor (UF1)", title=title)
    for name, s in scores.items():
        values = (s.uf1, s.uar, s.accuracy, s.floor)
        table.add_row(name, str(s.clips), *(f"{v:.3f}" for v in values))
    console.print(table)
    confusion = Table("", *LABELS, title="confusion, all databases (rows true, columns named)")
    for name, row in zip(LABELS, scores["all"].confusion, strict=True):
        confusion.add_row(name, *(str(v) for v in row))
    console.print(confusion)


def main() -> None:
    """Entry point: errors meant for people are printed without a traceback."""
    try:
        app()
    except FleetingError as error:
        console.print(f"[red]{error}[/red]", soft_wrap=True)
        raise SystemExit(1) from error
    except KeyboardInterrupt:
        console.print("Stopped. What was finished is kept; `fit --resume` goes on from the last whole epoch.")
        raise SystemExit(130) from None
