"""Numbered pictures in a folder."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_PICTURES: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp"})
_LAST_NUMBER: Final = re.compile(r"(\d+)(?=\D*$)")


def numbered_frames(folder: Path) -> dict[int, Path]:
    """The pictures of a folder by the last number in their names, ascending; with or without leading zeros."""
    found: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        match = _LAST_NUMBER.search(path.stem)
        if match is not None and path.suffix.lower() in _PICTURES and not path.name.startswith("."):
            found.setdefault(int(match[1]), path)
    return dict(sorted(found.items()))


def folder_named(parent: Path, name: str) -> Path | None:
    """The sub-folder of that name; upper and lower case, spaces and leading zeros do not matter."""
    exact = parent / name
    if exact.is_dir():
        return exact
    if not parent.is_dir():
        return None
    wanted = _plain(name)
    return next((path for path in sorted(parent.iterdir()) if path.is_dir() and _plain(path.name) == wanted), None)


def nested_folder(bases: Iterable[Path], *names: str) -> Path | None:
    """The folder that the names lead to, one within the other, below the first base that has it."""
    for base in bases:
        place: Path | None = base
        for name in names:
            place = place and folder_named(place, name)
        if place is not None:
            return place
    return None


def _plain(name: str) -> str:
    return re.sub(r"\d+", lambda m: str(int(m[0])), re.sub(r"\s+", "", name).lower())
