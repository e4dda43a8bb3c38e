"""Databases whose clips are listed in a workbook, with onset, apex, offset, action units and emotion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.databases.action_units import parse_action_units
from training.databases.clip import Clip
from training.databases.emotions import UnknownEmotionError, three_class
from training.databases.frames import nested_folder, numbered_frames
from training.databases.reading import Reading
from training.databases.workbook import Row, find_workbook, read_rows


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns of a coded database's workbook."""

    subject: str
    clip: str
    onset: str
    apex: str
    offset: str
    units: str
    emotion: str

    @property
    def required(self) -> tuple[str, ...]:
        return (self.subject, self.clip, self.onset, self.apex, self.offset, self.units, self.emotion)


@dataclass(frozen=True, slots=True)
class Coded:
    """How such a database is laid out.

    Attributes:
        name: Its name.
        fps: Frames per second of its camera.
        workbooks: Patterns of its workbook's file name, the likeliest first.
        columns: Of the workbook.
        pictures: Folders with the pictures, below the root or beside the workbook, the best first.
        subject: From the subject's cell to the person as the folders name them.
        way: From subject, clip's cell and emotion's to the folders that lead to the pictures, one in the other.
        clip_name: From the clip's cell and its onset to the clip's name: several clips may lie in one folder.
    """

    name: str
    fps: float
    workbooks: tuple[str, ...]
    columns: Columns
    pictures: tuple[str, ...]
    subject: Callable[[str], str] = lambda cell: cell
    way: Callable[[str, str, str], tuple[str, ...]] = lambda subject, clip, _emotion: (subject, clip)
    clip_name: Callable[[str, int], str] = lambda cell, _onset: cell

    def read(self, root: Path) -> Reading:
        """Reads all rows; none stops the others.

        Raises:
            DatabaseError: If the workbook is missing or cannot be read.
        """
        book = find_workbook(root, self.workbooks)
        bases = [base / folder for base in dict.fromkeys((root, book.parent)) for folder in self.pictures]
        reading = Reading(self.name)
        for row in read_rows(book, self.columns.required):
            self._read(row, bases, reading)
        return reading

    def _read(self, row: Row, bases: Sequence[Path], reading: Reading) -> None:
        columns = self.columns
        cell, emotion = row.text(columns.clip), row.text(columns.emotion)
        if not cell or not row.text(columns.subject):
            reading.skipped.append(f"row {row.number}: no subject or no clip is named.")
            return
        subject = self.subject(row.text(columns.subject))
        where = f"row {row.number} ({subject}/{cell})"
        try:
            label = three_class(emotion)
        except UnknownEmotionError:
            reading.skipped.append(f"{where}: the emotion '{emotion}' is not known.")
            return
        try:
            onset, offset = row.frame(columns.onset), row.frame(columns.offset)
        except ValueError:
            reading.skipped.append(f"{where}: onset or offset is no number.")
            return
        try:
            apex = row.frame(columns.apex)
        except ValueError:
            reading.notes.append(f"{where}: the apex '{row.text(columns.apex)}' is no number; it will be spotted.")
            apex = None
        folder = nested_folder(bases, *self.way(subject, cell, emotion))
        if folder is None:
            reading.skipped.append(f"{where}: its pictures are missing.")
            return
        frames = numbered_frames(folder)
        if onset is None or not frames:
            reading.skipped.append(f"{where}: " + ("no onset is given." if frames else f"{folder} holds no pictures."))
            return
        last = max(frames)
        if offset is None or offset <= onset:
            if last <= onset:
                reading.skipped.append(f"{where}: onset {onset} is not before offset {offset}, nor before {last}.")
                return
            given = "is missing" if offset is None else f"{offset} is not behind onset {onset}"
            reading.notes.append(f"{where}: the offset {given}; the last picture ({last}) is taken.")
            offset = last
        if apex is not None and not onset <= apex <= offset:
            reading.notes.append(f"{where}: the apex {apex} is not between {onset} and {offset}; it will be spotted.")
            apex = None
        inside = {number: path for number, path in frames.items() if onset <= number <= offset}
        missing = offset - onset + 1 - len(inside)
        if len(inside) < 2:
            reading.skipped.append(f"{where}: pictures {onset} to {offset} are missing in {folder}.")
            return
        if missing:
            reading.notes.append(f"{where}: {missing} of {offset - onset + 1} pictures are missing.")
        units, unknown = parse_action_units(row.cells.get(columns.units))
        if unknown:
            reading.notes.append(f"{where}: {', '.join(unknown)} is no action unit and is left out.")
        reading.add(
            Clip(
                self.name,
                subject,
                self.clip_name(cell, onset),
                tuple(inside.values()),
                tuple(inside),
                onset,
                apex,
                offset,
                self.fps,
                emotion,
                label,
                units,
            )
        )
