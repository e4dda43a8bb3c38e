from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A file that appears under its name when it is whole, or not at all.

    Args:
        path: The final name.

    Yields:
        The name to write to: beside the final one, of this process alone. It is removed if writing fails.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.writing")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
