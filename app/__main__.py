"""Entry point: ``fleeting`` and ``python -m app``."""

from __future__ import annotations

import os
import sys

from model.errors import FleetingError


def main() -> None:
    """Runs the command; errors meant for people are printed without a traceback."""
    # Before numpy is loaded: the threads of its linear algebra fight with the face mesh's over 36 x 36 matrices.
    # Measured beside other work, the slowest frame's spotting takes 3 ms instead of 26.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from app.cli import app, console

    try:
        app(prog_name="fleeting")
    except FleetingError as error:
        console.print(f"[red]{error}[/red]", soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
