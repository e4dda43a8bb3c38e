"""A muscle table of one sculpted head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from model.muscles import Muscles, Pull
from training.tracing.mesh_files import Mesh, SculptureError, find_shape, read_shape
from training.tracing.naming import MIDLINE, NAMINGS, file_names, is_one_half
from training.tracing.pulls import trace
from training.tracing.sculpture import GRID_X, SculptedHead

# Where a movement of both halves is shared out: width of the soft border on the midline, in face coordinates.
_BORDER: Final = 0.12


@dataclass(frozen=True, slots=True)
class TracedTable:
    """What was traced.

    Attributes:
        muscles: The table.
        shapes: Name of each AU's shape.
        left_out: Share of each field's energy that its pulls do not show.
        missing: Shapes that the folder does not hold.
    """

    muscles: Muscles
    shapes: dict[int, str]
    left_out: dict[int, float]
    missing: tuple[str, ...]


def trace_table(
    mesh: Mesh,
    folder: Path,
    naming: str,
    *,
    skin: Sequence[str] = (),
    eyes: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> TracedTable:
    """Traces all shapes of a head that stand for an action unit.

    Args:
        mesh: The head at rest.
        folder: Folder of its shapes.
        naming: How they are called, a key of `NAMINGS`.
        skin: Groups of the mesh that are skin; none: all.
        eyes: Groups that are eyeballs.
        progress: Told (shapes done, shapes in all).

    Raises:
        SculptureError: If there is no shape, no face, or a file does not fit the head.
    """
    found, missing = {}, []
    for au, name in NAMINGS[naming].items():
        path = find_shape(folder, file_names(name))
        if path is None:
            missing.append(name)
        else:
            found[au] = (name, path.name.split(".")[0], read_shape(path, mesh))
    if not found:
        example = next(iter(NAMINGS[naming].values()))
        raise SculptureError(
            f"{folder} holds none of the shapes of the naming '{naming}', such as {example}. Name the one that does, "
            f"or another naming ({', '.join(NAMINGS)}) with --naming."
        )
    head = SculptedHead(mesh, [shift for _, _, shift in found.values()], skin, eyes)
    muscles: Muscles = {}
    left_out = {}
    for done, (au, (name, file, shift)) in enumerate(found.items()):
        field = head.field(shift)
        if au not in MIDLINE and not is_one_half(file, name):
            field = field * _half(field.shape)
        muscles[au], left_out[au] = trace(field, midline=au in MIDLINE)
        if progress is not None:
            progress(done + 1, len(found))
    return TracedTable(muscles, {au: name for au, (name, _, _) in found.items()}, left_out, tuple(missing))


def as_toml(table: TracedTable, remarks: Sequence[str]) -> str:
    """The table in the form of ``muscles.toml``.

    Args:
        table: The table.
        remarks: Lines to stand at the top: source, licence.
    """
    lines = [f"# {remark}" for remark in remarks]
    for au, pulls in sorted(table.muscles.items()):
        lines += ["", f"[AU{au}]", f'name = "{table.shapes[au]}"', "pulls = ["]
        lines += [f"  {{ {_numbers(pull)} }}," for pull in pulls]
        lines.append("]")
    return "\n".join(lines) + "\n"


def _numbers(pull: Pull) -> str:
    """A pull's numbers as TOML; a thousandth of a face is finer than anybody sculpts."""
    return ", ".join(f"{name} = {getattr(pull, name) + 0.0:.3f}" for name in Pull.__dataclass_fields__)


def _half(shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """The share of the half with x > 0 in a movement of both."""
    share = 1.0 / (1.0 + np.exp(-GRID_X / _BORDER))
    return np.broadcast_to(share[None, :, None], shape).astype(np.float32)
