"""What every model card says: which file it is of, and what a label means."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

MEANING: Final = """## What a label means, and what it does not
A label is the model's guess about a facial *movement*: which group of muscle actions it resembles.
It says nothing certain about what a person feels, thinks or intends. Do not use it to judge people,
at work, in education or anywhere else."""


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def file_line(onnx: Path) -> str:
    """Name, size and checksum of a network's file."""
    return f"**File** `{onnx.name}`, {onnx.stat().st_size / 1e6:.2f} MB, MIT licence,\nsha256 `{digest(onnx)}`"
