"""Runs the benchmarks: ``python -m tests.bench [--seconds N]``."""

from __future__ import annotations

import argparse
import datetime
import json
import platform
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.version import VERSION
from tests.bench import pipeline, recording, review, training, window
from tests.bench.pipeline import Row

RESULTS = Path("bench-results")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="how long the window is watched")
    parser.add_argument("--only", help="one benchmark of those below, by name")
    arguments = parser.parse_args()
    console = Console(width=110)
    benchmarks: dict[str, Callable[[], list[Row]]] = {
        "pipeline": pipeline.throughput,
        "faces": pipeline.faces,
        "recording": recording.recorded,
        "profile": pipeline.profile,
        "recognition": pipeline.recognition,
        "synthesis": training.synthesis,
        "training": training.steps,
        "review": review.review,
        "start-up": window.start_up,
        "window": lambda: window.live(arguments.seconds),
        "window, still face": lambda: window.live(arguments.seconds, still=True),
    }
    if arguments.only and arguments.only not in benchmarks:
        parser.error(f"there is no benchmark '{arguments.only}'; choose from {', '.join(benchmarks)}")
    results = {}
    for name, run in benchmarks.items():
        if arguments.only and name != arguments.only:
            continue
        rows = results[name] = run()
        table = Table(*rows[0], title=name)
        for row in rows:
            table.add_row(*(f"{v:.3g}" if isinstance(v, float) else str(v) for v in row.values()))
        console.print(table)
    RESULTS.mkdir(exist_ok=True)
    now = datetime.datetime.now(datetime.timezone.utc)
    path = RESULTS / f"{now:%Y%m%dT%H%M%S}.json"
    facts = {"version": VERSION, "machine": platform.platform(), "at": now.isoformat(timespec="seconds")}
    path.write_text(json.dumps({**facts, **results}, indent=1))
    console.print(f"written: {path}")


if __name__ == "__main__":
    main()
