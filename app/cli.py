"""The command ``fleeting``."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

# Everything heavy (OpenCV, MediaPipe, Qt) is imported by the command that needs it: the window must not wait for it.
from app.errors import FleetingError
from app.version import VERSION
from assets import ASTANN_ONNX

app = typer.Typer(
    help="Fleeting sees micro-expressions: a label is the model's guess about a facial movement.",
    pretty_exceptions_enable=False,
    add_completion=False,
)
# Wide enough for every table where the output is no terminal, as in a log.
console = Console(width=None if sys.stdout.isatty() else 120)

Model = Annotated[Path, typer.Option(help="Network to use (ONNX).")]
Out = Annotated[Path, typer.Option(help="Folder for the results; one sub-folder a recording.")]
Annotate = Annotated[bool, typer.Option("--annotate", help="Also write the video with outlines and labels.")]
AllKinds = Annotated[
    bool, typer.Option("--all-kinds", help="Also list longer movements, blinks, speech, rejected ones.")
]


@app.callback(invoke_without_command=True)
def window(
    context: typer.Context,
    camera: Annotated[str, typer.Option(help="Start with this camera: its number, or part of its name.")] = "",
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Tell more about what happens.")] = False,
) -> None:
    """Opens the window."""
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, format="%(name)s: %(message)s")
    if version:
        console.print(f"Fleeting {VERSION}")
    elif context.invoked_subcommand is None:
        from app.ui.start import run_window

        raise typer.Exit(run_window(camera=camera))


@app.command()
def demo(
    out: Out = Path("out"),
    model: Model = ASTANN_ONNX,
    headless: Annotated[bool, typer.Option("--headless", help="Analyse without a window.")] = False,
) -> None:
    """Opens the demo recording; without a display, analyses it and prints the events beside the truth."""
    from app.doctor import has_display

    if has_display() and not headless:
        from app.ui.start import run_window

        raise typer.Exit(run_window(demo=True))

    from app.headless import OutputOptions, analyse
    from app.report import print_beside_truth, print_outcome
    from app.sources.demo import demo_truth, open_demo
    from model.recognition import Recogniser

    recogniser = Recogniser(model)
    with _progress() as bar:
        task = bar.add_task("rendering the demo", total=None)
        source = open_demo(progress=lambda done, total: bar.update(task, completed=done, total=total))
        bar.update(task, visible=False)
        task = bar.add_task("analysing the demo", total=source.frame_count)
        outcome = analyse(
            source,
            recogniser,
            out / "demo",
            OutputOptions(),
            progress=lambda done, _: bar.update(task, completed=done),
        )
    print_outcome(console, outcome)
    if outcome.error or outcome.interrupted:
        raise typer.Exit(130 if outcome.interrupted else 1)
    if not print_beside_truth(console, outcome.micro, demo_truth()):
        raise typer.Exit(1)


@app.command("analyse")
def analyse_command(
    videos: Annotated[list[Path], typer.Argument(help="Video files, or folders of numbered pictures.")],
    out: Out = Path("out"),
    annotate: Annotate = False,
    all_kinds: AllKinds = False,
    model: Model = ASTANN_ONNX,
    image_fps: Annotated[float, typer.Option(help="Frames per second of folders of pictures.")] = 30.0,
    max_faces: Annotated[int, typer.Option(min=1, max=4, help="Faces followed at once.")] = 4,
    causal: Annotated[
        bool, typer.Option("--causal", help="Do not look ahead: exactly what the live view would have shown.")
    ] = False,
    rest: Annotated[
        str, typer.Option(help="Seconds in which everybody looks neutral, as in 0-3: each face is learnt from them.")
    ] = "",
) -> None:
    """Analyses recordings and writes events.csv, frames.csv, events.json and metadata.json for each."""
    from app.headless import Outcome, OutputOptions, analyse
    from app.report import print_outcome
    from app.session.files import make_folder
    from app.session.result_folders import result_folders
    from app.sources.opening import open_recording
    from model.pipeline import PipelineConfig
    from model.recognition import Recogniser
    from model.spot import LOOK_AHEAD_S, SpotterConfig

    stretch = _stretch(rest)
    spotter = SpotterConfig(look_ahead=0.0 if causal else LOOK_AHEAD_S)
    recogniser = Recogniser(model)
    make_folder(out)
    failed = False
    for path, folder in zip(videos, result_folders(out, [v.name or str(v) for v in videos]), strict=True):
        with _progress() as bar:
            task = bar.add_task(path.name, total=None)
            try:
                source = open_recording(path, image_fps)
            except FleetingError as error:
                outcome = Outcome(path.name, error=str(error))
            else:
                outcome = analyse(
                    source,
                    recogniser,
                    folder,
                    OutputOptions(all_kinds, annotate, stretch),
                    PipelineConfig(max_faces=max_faces, spotter=spotter),
                    lambda done, total, bar=bar, task=task: bar.update(task, completed=done, total=total),  # type: ignore[misc]  # mypy cannot infer a lambda's defaults
                )
        print_outcome(console, outcome)
        failed |= bool(outcome.error)
        if outcome.interrupted:
            raise typer.Exit(130)
    if failed:
        raise typer.Exit(1)


@app.command()
def batch(
    project: Annotated[Path, typer.Argument(help="Project file (.fleeting); a new one is made if it does not exist.")],
    videos: Annotated[list[Path] | None, typer.Argument(help="Recordings to add, or folders with recordings.")] = None,
    model: Model = ASTANN_ONNX,
    workers: Annotated[int, typer.Option(min=1, help="Recordings analysed at once.")] = 1,
    scheduler: Annotated[str, typer.Option(help="Address of a Dask scheduler that is to do the work.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Analyse finished ones again; verdicts are kept.")] = False,
) -> None:
    """Analyses many recordings into a project, to be reviewed in the window; goes on where it was stopped."""
    from app.batch import run_batch

    if not run_batch(console, project, videos or [], model, workers=workers, scheduler=scheduler, again=again):
        raise typer.Exit(1)


@app.command()
def review(
    project: Annotated[
        Path | None, typer.Argument(help="Project file; a new one is made if it does not exist.")
    ] = None,
) -> None:
    """Opens the window in which recorded sessions are reviewed."""
    from app.ui.start import run_review

    raise typer.Exit(run_review(project))


@app.command("export")
def export_command(
    project: Annotated[Path, typer.Argument(help="Project file (.fleeting).")],
    out: Annotated[Path, typer.Option(help="Folder for the files; one sub-folder a recording.")] = Path("out"),
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="csv, frames, elan, praat, bids, vtt, boris, json; default all."),
    ] = None,
    all_kinds: AllKinds = False,
    figures: Annotated[
        bool, typer.Option("--figures", help="Also draw each event (PNG, SVG) and write it as a slowed video.")
    ] = False,
    videos: Annotated[bool, typer.Option("--videos", help="Also write each recording with its labels on it.")] = False,
    faces: Annotated[str, typer.Option(help="Each event's face in the report: none, blurred or clear.")] = "none",
    model: Model = ASTANN_ONNX,
) -> None:
    """Writes what is in a project for ELAN, Praat, BIDS, BORIS, R, or any player, and a report as HTML and PDF."""
    from app.session.exports.everything import FORMATS, export_all
    from app.session.exports.material import EVERY_KIND, MICRO, gather
    from app.session.exports.thumbnails import KINDS
    from app.session.session import Session
    from app.ui.start import print_pdf

    kind = next((known for known in KINDS if known == faces), None)
    if kind is None:
        raise typer.BadParameter(f"'{faces}' is not one of {', '.join(KINDS)}.")
    with Session(project) as session:
        ready = [recording for recording in session.recordings() if session.analysis(recording.id) is not None]
        waiting = len(session.recordings()) - len(ready)
        materials = [gather(session, r.id, kinds=EVERY_KIND if all_kinds else MICRO) for r in ready]
    with _progress() as bar:
        task = bar.add_task("exporting", total=None)

        def tell(done: int, of: int) -> bool:
            bar.update(task, completed=done, total=of)
            return True

        report = export_all(
            materials,
            out,
            project.stem,
            formats or tuple(FORMATS),
            figures=model if figures else None,
            videos=videos,
            faces=kind,
            tell=tell,
        )
    print_pdf(report.html, report.title, out / "report.pdf")
    console.print(f"{len(materials)} recordings written to {out}", soft_wrap=True)
    if waiting:
        console.print(f"[yellow]{waiting} recordings are not analysed yet and were left out.[/yellow]")
        raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Reports versions, the network's hash, cameras and Qt, and whether everything works."""
    from app.doctor import examine

    findings = examine()
    for finding in findings:
        mark = {None: "      ", True: "[green]ok    [/green]", False: "[red]BROKEN[/red]"}[finding.ok]
        console.print(f"{mark} [bold]{finding.topic}[/bold]: {finding.text}", soft_wrap=True)
    if any(finding.ok is False for finding in findings):
        console.print("Something does not work: follow the hints above, or reinstall with 'make run'.")
        raise typer.Exit(1)
    console.print("Everything works.")


def _stretch(text: str) -> tuple[float, float] | None:
    """Reads ``from-to`` in seconds."""
    if not text:
        return None
    try:
        start, end = (float(part) for part in text.split("-"))
    except ValueError:
        start, end = 0.0, 0.0
    if not 0.0 <= start < end:
        raise typer.BadParameter(f"'{text}' is no stretch of time. Write the seconds from and to, as in 0-3.")
    return start, end


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("frames, left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
