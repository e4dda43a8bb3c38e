"""Many recordings into a project, without a window."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table

from app.errors import FleetingError, SessionError
from app.session.analysing import analyse_recording
from app.session.project_file import SUFFIX
from app.session.queue import AnalysisQueue
from app.session.session import Session
from model.pipeline import PipelineConfig
from model.spot import LOOK_AHEAD_S, SpotterConfig

VIDEOS: Final = frozenset({".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".mts"})
# The bars are drawn anew this often (seconds).
_TICK_S: Final = 0.2

CONFIG: Final = PipelineConfig(provisional=False, spotter=SpotterConfig(look_ahead=LOOK_AHEAD_S))
"""Recordings are analysed with a look ahead, as ``fleeting analyse`` does."""


def run_batch(
    console: Console,
    project: Path,
    videos: Iterable[Path],
    model: Path,
    *,
    workers: int = 1,
    scheduler: str = "",
    again: bool = False,
) -> bool:
    """Adds recordings to a project and analyses all that wait.

    Args:
        console: Where to tell how it goes.
        project: Project file; made if it does not exist.
        videos: Recordings, or folders with recordings.
        model: The network.
        workers: Recordings analysed at once.
        scheduler: Address of a Dask scheduler, empty for processes of this machine.
        again: Analyse finished ones, too.

    Returns:
        Whether everything went well.
    """
    if project.suffix != SUFFIX:
        raise SessionError(
            f"A project's name ends in {SUFFIX}: call it {project.with_suffix(SUFFIX).name}, for instance."
        )
    refused = 0
    with Session(project, create=not project.exists()) as session:
        if session.recovered:
            console.print(f"[yellow]{session.recovered}[/yellow]", soft_wrap=True)
        for path in _spread(videos):
            try:
                session.add_recording(path)
            except FleetingError as error:
                refused += 1
                console.print(f"[red]{error}[/red]", soft_wrap=True)
        for recording in session.recordings():
            if recording.status in ("failed", "paused") or (again and recording.status == "done"):
                session.set_status(recording.id, "waiting")
        try:
            if scheduler:
                _on_cluster(console, session, model, scheduler)
            else:
                _on_this_machine(console, session, model, workers)
        except KeyboardInterrupt:
            console.print("Stopped. What was finished is kept; the same command goes on with the rest.")
            return False
        _print_project(console, session)
        return not refused and all(r.status == "done" for r in session.recordings())


def _spread(videos: Iterable[Path]) -> Iterator[Path]:
    """Files as they are; of a folder with videos each of them; a folder of pictures is one recording."""
    for path in videos:
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in VIDEOS) if path.is_dir() else []
        yield from inside or [path]


def _on_this_machine(console: Console, session: Session, model: Path, workers: int) -> None:
    queue = AnalysisQueue(session, model, CONFIG, workers)
    names = {recording.id: recording.name for recording in session.recordings()}
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}"))
    bars: dict[int, TaskID] = {}
    try:
        with Progress(*columns, console=console, transient=True) as display:
            while queue.busy:
                for number in queue.poll():
                    bar = bars.pop(number, None)
                    if bar is not None:
                        display.remove_task(bar)
                for number, progress in queue.progress.items():
                    if number not in bars:
                        bars[number] = display.add_task(names[number], total=None, left="")
                    left = progress.seconds_left
                    said = "" if left is None else f"{left / 60:.0f} min left" if left > 90 else f"{left:.0f} s left"
                    display.update(bars[number], completed=progress.done, total=progress.total, left=said)
                time.sleep(_TICK_S)
    finally:
        queue.close()


def _on_cluster(console: Console, session: Session, model: Path, scheduler: str) -> None:
    """Sends every waiting recording to a Dask cluster whose workers see the same folders."""
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise FleetingError("A Dask cluster needs the package 'distributed': pip install distributed.") from error
    session.requeue()
    waiting = [recording for recording in session.recordings() if recording.status == "waiting"]
    try:
        client = Client(scheduler)  # type: ignore[no-untyped-call]  # Dask leaves its constructors untyped
    except (OSError, ValueError) as error:
        raise FleetingError(f"No Dask scheduler answers at {scheduler} ({error}). Check the address.") from error
    with client, console.status(f"{len(waiting)} recordings on {scheduler}") as status:
        futures = {
            client.submit(analyse_recording, recording.path, model, CONFIG, pure=False): recording
            for recording in waiting
        }
        for n, future in enumerate(as_completed(futures), start=1):  # type: ignore[no-untyped-call]
            recording, wrong = futures[future], future.exception()
            if wrong is None:
                session.store_analysis(recording.id, future.result())
            else:
                session.set_status(recording.id, "failed", str(wrong))
            status.update(f"{n} of {len(waiting)} recordings on {scheduler}")


def _print_project(console: Console, session: Session) -> None:
    table = Table("recording", "state", "micro-expressions", "others", "minutes", title=str(session.path))
    for recording in session.recordings():
        found = session.analysis(recording.id)
        micro = others = minutes = ""
        if found is not None:
            own = sum(event.kind == "micro" for event in found.events)
            micro, others = str(own), str(len(found.events) - own)
            minutes = f"{found.times[-1] / 60:.1f}"
        table.add_row(recording.name, recording.status, micro, others, minutes)
    console.print(table)
    for recording in session.recordings():
        if recording.problem:
            console.print(f"[red]{recording.name}: {recording.problem}[/red]", soft_wrap=True)
