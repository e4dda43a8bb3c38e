"""Files that are never half-written under a final name."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

from app.errors import OutputError
from model.whole_file import whole_file


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turns the system's complaints about ``path`` into one for a person."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}. "
            "If another program has it open, close it there; else free some space, or choose a folder that you may "
            "write to. Then try again."
        ) from error


def make_folder(folder: Path) -> Path:
    """Creates ``folder`` with its parents.

    Raises:
        OutputError: If it cannot be created or written to.
    """
    with naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".fleeting-probe"
        probe.write_bytes(b"")
        probe.unlink()
    return folder


def write_json(path: Path, content: object) -> None:
    """Writes JSON; the file appears whole or not at all."""
    with naming(path), whole_file(path) as partial:
        partial.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


class CsvSink:
    """A CSV file that grows row by row and can be read meanwhile: it ends with a whole row at any moment.

    Args:
        path: File to write; an older one is replaced.
        columns: Header.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        with naming(path):
            self._file = path.open("wb", buffering=0)
        self._size = 0
        self.append([list(columns)])

    def __enter__(self) -> CsvSink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(self, rows: Sequence[Sequence[str]]) -> None:
        """Appends rows at once.

        Raises:
            OutputError: If they do not fit; the file then still ends with a whole row.
        """
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        content = text.getvalue().encode()
        with naming(self.path):
            try:
                written = self._file.write(content)
                if written != len(content):
                    raise OSError(28, os.strerror(28))
            except OSError:
                with contextlib.suppress(OSError):
                    self._file.truncate(self._size)
                raise
        self._size += len(content)

    def close(self) -> None:
        self._file.close()
