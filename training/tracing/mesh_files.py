"""Sculpted heads on disk: a mesh as Wavefront OBJ, and for each movement the mesh again or the vertices it moves."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from model.errors import FleetingError

# Endings of a shape's file: vertices that move (MakeHuman), packed or not, or the whole mesh moved.
_SHAPE_ENDINGS: Final = (".target", ".target.gz", ".obj")


class SculptureError(FleetingError):
    """A sculpted head or one of its shapes cannot be used."""


@dataclass(frozen=True, slots=True)
class Mesh:
    """A mesh.

    Attributes:
        vertices: ``float64 [n, 3]``: to the picture's right, up, towards the viewer.
        polygons: Indices of each polygon's vertices.
        groups: Name of the part that each polygon belongs to; empty where the file names none.
    """

    vertices: npt.NDArray[np.float64]
    polygons: tuple[tuple[int, ...], ...]
    groups: tuple[str, ...]


def read_mesh(path: Path) -> Mesh:
    """Reads a Wavefront OBJ file.

    Raises:
        SculptureError: If it cannot be read or holds no polygon.
    """
    vertices: list[tuple[float, ...]] = []
    polygons: list[tuple[int, ...]] = []
    groups: list[str] = []
    group = ""
    for words in _lines(path):
        try:
            if words[0] == "v":
                vertices.append(tuple(float(word) for word in words[1:4]))
            elif words[0] == "g":
                group = words[1] if len(words) > 1 else ""
            elif words[0] == "f":
                corners = (int(word.split("/")[0]) for word in words[1:])
                # Negative numbers count from the end.
                polygons.append(tuple(i - 1 if i > 0 else len(vertices) + i for i in corners))
                groups.append(group)
        except ValueError as error:
            raise SculptureError(f"{path} is no Wavefront OBJ file: '{' '.join(words)}' cannot be read.") from error
    if not polygons or max(map(max, polygons)) >= len(vertices):
        raise SculptureError(f"{path} holds no usable mesh. Export the head as Wavefront OBJ with its polygons.")
    return Mesh(np.array(vertices), tuple(polygons), tuple(groups))


def find_shape(folder: Path, names: tuple[str, ...]) -> Path | None:
    """The file of the first of ``names`` that the folder holds."""
    candidates = (folder / f"{name}{ending}" for name in names for ending in _SHAPE_ENDINGS)
    return next((path for path in candidates if path.is_file()), None)


def read_shape(path: Path, mesh: Mesh) -> npt.NDArray[np.float64]:
    """How far a shape moves every vertex, ``float64 [n, 3]``.

    Raises:
        SculptureError: If it cannot be read or belongs to another mesh.
    """
    if path.suffix == ".obj":
        moved = read_mesh(path).vertices
        if moved.shape != mesh.vertices.shape:
            raise SculptureError(f"{path} has {len(moved)} vertices, the head {len(mesh.vertices)}: another mesh.")
        return np.asarray(moved - mesh.vertices)
    shifts = np.zeros_like(mesh.vertices)
    for words in _lines(path):
        try:
            vertex, shift = int(words[0]), tuple(float(word) for word in words[1:])
            shifts[vertex] = shift
        except (ValueError, IndexError) as error:
            raise SculptureError(
                f"{path} does not fit the head: '{' '.join(words)}' is no vertex of it with a shift."
            ) from error
    return shifts


def _lines(path: Path) -> Iterator[list[str]]:
    """The words of each line that says something."""
    try:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            for line in file:
                words = line.partition("#")[0].split()
                if words:
                    yield words
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise SculptureError(f"{path} cannot be read ({error}).") from error
