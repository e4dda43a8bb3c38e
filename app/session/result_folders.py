from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def result_folders(out: Path, names: Sequence[str]) -> list[Path]:
    """One folder below ``out`` for each recording, told apart where two have the same name."""
    folders: list[Path] = []
    for name in names:
        stem, folder, number = Path(name).stem or name, out / (Path(name).stem or name), 2
        while folder in folders:
            folder, number = out / f"{stem}-{number}", number + 1
        folders.append(folder)
    return folders
