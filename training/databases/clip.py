"""The one record in which every database's clips meet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.databases.action_units import CodedUnit


@dataclass(frozen=True, slots=True)
class Clip:
    """One annotated micro-expression.

    Attributes:
        database: Name of the database, and of its part where it has several.
        subject: The person, as the database names them.
        name: The clip's own name; with database and subject it is unique.
        frames: The pictures from the onset frame to the offset frame, in order of their numbers.
        numbers: Their numbers, as in the files' names.
        onset: Number of the onset frame.
        apex: Number of the apex frame, None where the database does not tell.
        offset: Number of the offset frame.
        fps: Frames per second of the camera.
        emotion: As annotated.
        label: ``negative``, ``positive`` or ``surprise``; None for emotions that the three-class tasks leave out.
        action_units: As annotated, with sides and intensities where given.
    """

    database: str
    subject: str
    name: str
    frames: tuple[Path, ...]
    numbers: tuple[int, ...]
    onset: int
    apex: int | None
    offset: int
    fps: float
    emotion: str
    label: str | None
    action_units: tuple[CodedUnit, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells this clip from all others."""
        return self.database, self.subject, self.name
