"""The command ``python -m training trace``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from model.whole_file import whole_file
from training.console import bar, console
from training.tracing.mesh_files import read_mesh
from training.tracing.naming import NAMINGS
from training.tracing.table import as_toml, trace_table


def trace_command(
    head: Annotated[Path, typer.Option(help="The head at rest, a Wavefront OBJ file.")],
    shapes: Annotated[Path, typer.Option(help="Folder of its shapes: .target, .target.gz or .obj files.")],
    out: Annotated[Path, typer.Option(help="TOML file to write.")],
    naming: Annotated[str, typer.Option(help=f"How the shapes are called: {', '.join(NAMINGS)}.")] = "arkit",
    skin: Annotated[list[str] | None, typer.Option(help="Group of the mesh that is skin; default all.")] = None,
    eyes: Annotated[list[str] | None, typer.Option(help="Group of the mesh that is an eyeball.")] = None,
    remark: Annotated[list[str] | None, typer.Option(help="Line for the file's top: source, licence.")] = None,
) -> None:
    """Traces a muscle table from a sculpted head, for training on one more anatomy."""
    if naming not in NAMINGS:
        raise typer.BadParameter(f"There is no naming '{naming}'. Choose from: {', '.join(NAMINGS)}.")
    mesh = read_mesh(head)
    with bar("shapes traced") as tell:
        table = trace_table(mesh, shapes, naming, skin=skin or (), eyes=eyes or (), progress=tell)
    with whole_file(out) as partial:
        partial.write_text(as_toml(table, remark or ()), encoding="utf-8")
    for au, left in sorted(table.left_out.items()):
        console.print(
            f"AU{au} {table.shapes[au]}: {len(table.muscles[au])} pulls leave {left:.1%} of the field's energy"
        )
    if table.missing:
        console.print(f"[yellow]not found:[/yellow] {', '.join(table.missing)}")
    console.print(f"written: {out}")
