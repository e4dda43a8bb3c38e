"""Annotation workbooks (xlsx): the header may come late, columns may be strange, cells may be numbers or words."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model.errors import FleetingError

# The header is looked for in so many first rows.
_HEADER_WITHIN: Final = 40


class DatabaseError(FleetingError):
    """A database cannot be read at all."""


class MissingDatabaseError(DatabaseError):
    """A folder does not hold the database at all."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of annotations.

    Attributes:
        number: Its number in the workbook, from 1.
        cells: Column, as it was asked for, to its value.
    """

    number: int
    cells: Mapping[str, object]

    def text(self, column: str) -> str:
        """A cell as words; whole numbers without a decimal point."""
        value = self.cells.get(column)
        if value is None:
            return ""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return str(value).strip()

    def frame(self, column: str) -> int | None:
        """A cell as the number of a frame; None if it is empty or ``/``.

        Raises:
            ValueError: If it is something else.
        """
        text = self.text(column)
        return None if text in ("", "/", "-", "?") else round(float(text))


def find_workbook(root: Path, patterns: Sequence[str]) -> Path:
    """The first file below ``root`` (two folders deep) whose name fits a pattern.

    Raises:
        MissingDatabaseError: If there is none.
    """
    for pattern in patterns:
        for prefix in ("", "*/", "*/*/"):
            # ~$ files are what a spreadsheet program leaves beside a workbook that is open.
            found = [path for path in sorted(root.glob(prefix + pattern)) if not path.name.startswith("~$")]
            if found:
                return found[-1]
    raise MissingDatabaseError(
        f"There is no annotation workbook in {root}: looked for {' or '.join(patterns)}. "
        "If it was renamed, give it back its name."
    )


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of the first sheet that has the columns.

    Args:
        path: The workbook.
        columns: Names of columns that must be there; capitals, spaces and punctuation do not matter.

    Raises:
        DatabaseError: If the file cannot be opened or no sheet has the columns.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, data_only=True)
    except PermissionError as error:
        raise DatabaseError(f"{path} may not be read; close it in other programs or ask its owner.") from error
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError, ValueError) as error:
        raise DatabaseError(
            f"{path} is no workbook that can be read ({error}). A copy with a password must be saved without it."
        ) from error
    for sheet in book.worksheets:
        rows = list(sheet.iter_rows(values_only=True))
        for index, header in enumerate(rows[:_HEADER_WITHIN]):
            places = _places(header, columns)
            if all(column in places for column in columns):
                return _rows(rows, index, places)
    wanted = ", ".join(columns)
    raise DatabaseError(f"No sheet of {path} has the columns {wanted} in its first {_HEADER_WITHIN} rows.")


def _rows(rows: Sequence[tuple[object, ...]], header: int, places: Mapping[str, int]) -> Iterator[Row]:
    for index, values in enumerate(rows[header + 1 :], start=header + 2):
        cells = {column: values[place] if place < len(values) else None for column, place in places.items()}
        if any(value not in (None, "") for value in cells.values()):
            yield Row(index, cells)


def _places(header: Sequence[object], columns: Sequence[str]) -> dict[str, int]:
    named = {_plain(str(cell)): place for place, cell in reversed(list(enumerate(header))) if cell is not None}
    return {column: named[_plain(column)] for column in columns if _plain(column) in named}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
