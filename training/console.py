"""What the commands of the training print on."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Final

import platformdirs
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

console = Console()

DEFAULT_CACHE: Final = platformdirs.user_cache_path("fleeting") / "training"
"""Where clips and portraits are kept unless somebody names another folder."""
# So many problems are printed one by one.
_SHOWN: Final = 10


@contextlib.contextmanager
def stages() -> Iterator[Callable[[str], Callable[[int, int], None]]]:
    """Progress bars one after another: opens one by its name. In a file or a pipe they are lines on standard error."""
    if not console.is_terminal:
        yield _by_tenths
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=console) as bars:

        def stage(name: str) -> Callable[[int, int], None]:
            task = bars.add_task(name, total=None)
            return lambda done, total: bars.update(task, completed=done, total=total)

        yield stage


def _by_tenths(name: str) -> Callable[[int, int], None]:
    """A line at each tenth of the way."""
    began, told = time.monotonic(), -1

    def tell(done: int, total: int) -> None:
        nonlocal told
        tenth = 10 * done // total if total else told
        if tenth > told:
            told = tenth
            passed = timedelta(seconds=round(time.monotonic() - began))
            print(f"{name}: {done} of {total} after {passed}", file=sys.stderr, flush=True)

    return tell


@contextlib.contextmanager
def bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """A single progress bar."""
    with stages() as stage:
        yield stage(name)


def tell_problems(title: str, problems: Sequence[str]) -> None:
    """Prints problems, as many as somebody reads, and how many more there are."""
    for problem in problems[:_SHOWN]:
        console.print(f"[yellow]{title}:[/yellow] {problem}", soft_wrap=True)
    if len(problems) > _SHOWN:
        console.print(f"[yellow]{title}:[/yellow] {len(problems) - _SHOWN} more")
