"""The commands ``prepare``, ``protocol`` and ``export``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from training.console import DEFAULT_CACHE, bar, console, tell_problems
from training.databases.check import READERS, check
from training.databases.clip import Clip
from training.databases.reading import Reading
from training.databases.workbook import DatabaseError

if TYPE_CHECKING:
    from training.experiment import Contender, Material

# Torch takes seconds to import: every command imports what it needs when it runs.

Root = Annotated[Path, typer.Option(help="Folder of one database, or one with a sub-folder for each.")]
Cache = Annotated[Path, typer.Option(help="Folder for prepared clips; may grow to some gigabytes.")]
Flow = Annotated[str, typer.Option(help="dis (the product's) or tvl1 (a hundred times slower).")]
Out = Annotated[Path, typer.Option(help="Folder for the report.")]
MethodName = Annotated[str, typer.Option(help="A method of the report.")]


def prepare_command(
    root: Root,
    database: Annotated[list[str] | None, typer.Option(help=f"Only this one: {', '.join(READERS)}.")] = None,
    flow: Flow = "dis",
    cache: Cache = DEFAULT_CACHE,
) -> None:
    """Aligns and measures every clip of the databases; an interrupted run goes on where it stopped."""
    clips = _clips(root, tuple(database or READERS))
    _prepared(clips, cache, flow)


def protocol_command(
    name: Annotated[str, typer.Argument(help="type-1, type-2, cdmer, c-h, megc2019, hold-out or cd6me.")],
    root: Root,
    out: Out = Path("out/protocols"),
    method: Annotated[
        list[str] | None, typer.Option(help="Methods; default astann, lbp-top, off-apexnet, ststnet.")
    ] = None,
    adaptation: Annotated[
        list[str] | None, typer.Option(help="none, coral, mmd, dann; default none and coral.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Runs with seeds 0, 1, ...", min=1)] = 3,
    flow: Flow = "dis",
    cache: Cache = DEFAULT_CACHE,
    workers: Annotated[int, typer.Option(help="Processes of this machine; 0 for one a core.", min=0)] = 0,
    scheduler: Annotated[str | None, typer.Option(help="Address of a running Dask scheduler.")] = None,
) -> None:
    """Carries out a cross-database protocol; what is finished is kept, and a second run goes on from there."""
    run_protocol(
        name, [root], out, method or ["astann", "lbp-top", "off-apexnet", "ststnet"], adaptation or ["none", "coral"],
        seeds, flow=flow, cache=cache, workers=workers, scheduler=scheduler,
    )  # fmt: skip


def run_protocol(
    name: str,
    roots: Sequence[Path],
    out: Path,
    methods: Sequence[str],
    adaptations: Sequence[str],
    seeds: int,
    *,
    flow: str = "dis",
    cache: Path = DEFAULT_CACHE,
    workers: int = 0,
    scheduler: str | None = None,
) -> None:
    """Carries out a protocol on databases below one or several folders, prints the table and writes the report.

    Args:
        name: The protocol.
        roots: Folders of databases.
        out: Folder for the report.
        methods: Names of methods.
        adaptations: Ways of alignment.
        seeds: Runs of each method that depends on chance.
        flow: The optical flow.
        cache: Folder for prepared clips.
        workers: Processes of this machine; 0 for one a core.
        scheduler: Address of a Dask scheduler.
    """
    from training.cluster import Cluster
    from training.experiment import carry_out, jobs_of
    from training.experiment_report import summarise, write_report

    material = _material(name, roots, cache, flow)
    contenders = _contenders(methods, adaptations)
    jobs = jobs_of(material, contenders, seeds)
    folder = out / material.protocol.name
    with bar("folds, methods and seeds") as tell:
        results, failed = carry_out(
            material, jobs, folder / "folds", Cluster(workers or os.cpu_count() or 1, scheduler), tell
        )
    lines = summarise(results, material)
    table = Table("method", "mean F1", "mean accuracy", "weights", "ms a clip", title=material.protocol.title)
    for line in lines:
        each = [s for own in line.scores.values() for s in own]
        f1, accuracy = sum(s.f1 for s in each) / len(each), sum(s.accuracy for s in each) / len(each)
        table.add_row(
            line.contender.title, f"{f1:.3f}", f"{accuracy:.3f}", f"{line.parameters:,}", f"{line.milliseconds:.1f}"
        )
    console.print(table)
    tell_problems("not finished", failed)
    console.print("written:", *map(str, write_report(lines, failed, material, seeds, folder)))
    if failed:
        raise typer.Exit(1)


def export_command(
    name: Annotated[str, typer.Argument(help="The protocol.")],
    fold: Annotated[str, typer.Argument(help="The fold, as in the report: C→H (C-H will do), or a subject.")],
    root: Root,
    out: Annotated[Path, typer.Option(help="Folder for astann.onnx and its card astann.md.")] = Path("out/exported"),
    method: MethodName = "astann",
    adaptation: Annotated[str, typer.Option(help="none, coral, mmd or dann.")] = "none",
    seed: Annotated[int, typer.Option(help="The seed.")] = 0,
    flow: Flow = "dis",
    cache: Cache = DEFAULT_CACHE,
) -> None:
    """Learns one fold of a report again, which gives the same network, and exports it with its card for the app."""
    from training.experiment import Contender
    from training.exporting import export_fold

    material = _material(name, [root], cache, flow)
    with console.status("learning the fold"):
        written = export_fold(material, fold, Contender(method, adaptation), seed, out)
    console.print("written:", *map(str, written))


def _contenders(methods: Sequence[str], adaptations: Sequence[str]) -> list[Contender]:
    from training.experiment import Contender
    from training.learners import ADAPTATIONS, METHODS

    for name in methods:
        if name not in METHODS:
            raise typer.BadParameter(f"There is no method '{name}'. Choose from: {', '.join(METHODS)}.")
    for name in adaptations:
        if name not in ADAPTATIONS:
            raise typer.BadParameter(f"There is no adaptation '{name}'. Choose from: {', '.join(ADAPTATIONS)}.")
    # A method that cannot be adapted is compared as it is.
    pairs = [Contender(m, a if METHODS[m].adapts else "none") for m in methods for a in adaptations]
    return list(dict.fromkeys(pairs))


def _material(name: str, roots: Sequence[Path], cache: Path, flow: str) -> Material:
    from training.experiment import Material
    from training.protocols import PROTOCOLS, ProtocolError

    protocol = PROTOCOLS.get(name)
    if protocol is None:
        raise typer.BadParameter(f"There is no protocol '{name}'. Choose from: {', '.join(PROTOCOLS)}.")
    clips = [clip for root in roots for clip in _clips(root, protocol.databases) if protocol.usable(clip)]
    protocol.folds(clips)  # what is missing is said before anything is prepared
    kept, places = _prepared(clips, cache, flow)
    if not kept:
        raise ProtocolError("None of the clips can be used; what is wrong with each is said above.")
    return Material(protocol, kept, places, protocol.answers(kept))


def _clips(root: Path, names: tuple[str, ...]) -> list[Clip]:
    found = check(root, names)
    readings = [reading for reading in found.values() if isinstance(reading, Reading)]
    if not readings:
        raise DatabaseError(f"{root} holds none of {', '.join(names)}. `training databases check` says why.")
    for reading in readings:
        if reading.skipped or reading.notes:
            remarks = f"{len(reading.skipped)} skipped, {len(reading.notes)} mended"
            console.print(f"{reading.name}: {len(reading.clips)} clips, {remarks}; `databases check` names them")
    return [clip for reading in readings for clip in reading.clips]


def _prepared(clips: list[Clip], cache: Path, flow: str) -> tuple[tuple[Clip, ...], tuple[Path, ...]]:
    from training.prepare import FLOWS, prepare

    if flow not in FLOWS:
        raise typer.BadParameter(f"There is no flow '{flow}'. Choose from: {', '.join(FLOWS)}.")
    with bar("clips prepared") as tell:
        done = prepare(clips, cache, flow, tell)
    console.print(f"{len(done.clips)} of {len(clips)} clips are ready, {done.anew} of them anew.")
    tell_problems("left out", done.failed)
    return done.clips, done.places
