"""Knowing a recording again when it was moved or renamed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from app.errors import SessionError

# Recordings have gigabytes: so many bytes from the beginning, the middle and the end tell them apart.
_SAMPLE: Final = 1 << 20


def fingerprint(path: Path) -> tuple[int, str]:
    """Size of a file and a fingerprint of its content.

    Raises:
        SessionError: If it cannot be read.
    """
    try:
        if path.is_dir():
            return _of_folder(path)
        size = path.stat().st_size
        mark = hashlib.sha256(str(size).encode())
        with path.open("rb") as file:
            for start in (0, max(0, size // 2 - _SAMPLE // 2), max(0, size - _SAMPLE)):
                file.seek(start)
                mark.update(file.read(_SAMPLE))
    except OSError as error:
        raise SessionError(
            f"The recording {path} cannot be read ({error.strerror}). Check its name and whether its drive is there."
        ) from error
    return size, mark.hexdigest()


def _of_folder(folder: Path) -> tuple[int, str]:
    """Of a folder of pictures: their names and sizes."""
    mark, total = hashlib.sha256(), 0
    for path in sorted(folder.iterdir()):
        size = path.stat().st_size if path.is_file() else 0
        mark.update(f"{path.name} {size}\n".encode())
        total += size
    return total, mark.hexdigest()
