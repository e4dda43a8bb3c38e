"""Entry point: ``fleeting`` and ``python -m app``."""

from __future__ import annotations

import sys

from model.errors import FleetingError


def main() -> None:
    """Runs the command; errors meant for people are printed without a traceback."""
    from app.cli import app, console

    try:
        app(prog_name="fleeting")
    except FleetingError as error:
        console.print(f"[red]{error}[/red]", soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
