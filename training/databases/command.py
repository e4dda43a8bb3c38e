"""The command ``python -m training databases``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from training.databases.check import EXPECTED, LABELS, READERS, check
from training.databases.reading import Reading
from training.databases.workbook import DatabaseError, MissingDatabaseError

databases = typer.Typer(help="Databases of real micro-expressions that you have.", no_args_is_help=True)
# Wide enough for the table where the output is no terminal, as in a log.
console = Console(width=None if sys.stdout.isatty() else 140)

# So many remarks of a kind are printed one by one.
_SHOWN: Final = 20


@databases.callback()
def _group() -> None:
    """Keeps ``check`` a command of its own while it is the only one."""


@databases.command("check")
def check_command(
    root: Annotated[Path, typer.Option(help="Folder of one database, or one with a sub-folder for each.")],
    database: Annotated[list[str] | None, typer.Option(help=f"Only this one: {', '.join(READERS)}.")] = None,
    all_remarks: Annotated[bool, typer.Option("--all", help="Print every remark.")] = False,
) -> None:
    """Prints what was found of each database against what a complete copy holds; never writes anything."""
    unknown = [name for name in database or () if name not in READERS]
    if unknown:
        raise typer.BadParameter(f"There is no database '{unknown[0]}'. Choose from: {', '.join(READERS)}.")
    found = check(root, tuple(database or READERS))
    table = Table("database", "clips", *LABELS, "left out", "persons", "skipped", "notes", title="found (expected)")
    broken = False
    for name, reading in found.items():
        if isinstance(reading, Reading):
            table.add_row(name, *_figures(name, reading))
        elif database or not isinstance(reading, MissingDatabaseError):
            broken = True
            console.print(f"[red]{name}: {reading}[/red]", soft_wrap=True)
    readings = [reading for reading in found.values() if isinstance(reading, Reading)]
    if readings:
        console.print(table)
    elif not broken:
        raise DatabaseError(
            f"{root} holds none of {', '.join(READERS)}. Name the folder into which a database was unpacked, with its "
            "workbook beside the pictures."
        )
    for reading in readings:
        _tell(f"{reading.name}: skipped", reading.skipped, all_remarks)
        _tell(f"{reading.name}: used, but", reading.notes, all_remarks)
    if broken:
        raise typer.Exit(1)


def _figures(name: str, reading: Reading) -> list[str]:
    expected = EXPECTED.get(name)
    counts = reading.counts(LABELS)
    wanted = expected.counts if expected else (None,) * len(LABELS)
    return [
        str(len(reading.clips)),
        *(_beside(count, want) for count, want in zip(counts, wanted, strict=True)),
        str(len(reading.clips) - sum(counts)),
        _beside(len(reading.subjects), expected.subjects if expected else None),
        str(len(reading.skipped)),
        str(len(reading.notes)),
    ]


def _beside(count: int, wanted: int | None) -> str:
    if wanted is None:
        return str(count)
    return f"{count} ({wanted})" if count == wanted else f"[red]{count} ({wanted})[/red]"


def _tell(title: str, remarks: list[str], every: bool) -> None:
    if not remarks:
        return
    console.print(f"[bold]{title}[/bold]")
    shown = remarks if every else remarks[:_SHOWN]
    for remark in shown:
        console.print(f"  {remark}", soft_wrap=True, markup=False)
    if len(shown) < len(remarks):
        console.print(f"  and {len(remarks) - len(shown)} more; --all prints them")
