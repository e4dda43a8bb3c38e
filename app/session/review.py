"""What a rater sees of a recording: the model's events with their own verdicts beside them, and what they added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.session.records import Found, Mark


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One movement in a rater's list.

    Attributes:
        event: The model's; None for one that the rater added.
        mark: The rater's; None while they have not judged it.
        blind: Whether the model's opinion is hidden.
    """

    event: Found | None
    mark: Mark | None
    blind: bool = False

    @property
    def key(self) -> tuple[int, int]:
        """Tells rows apart, also after the list was made anew."""
        return (self.event.id if self.event else 0, 0 if self.event else self.mark.id if self.mark else 0)

    @property
    def face(self) -> int:
        return self._times.face

    @property
    def onset(self) -> float:
        """Seconds: the rater's if there is a mark, else the model's; likewise the others."""
        return self._times.onset

    @property
    def apex(self) -> float:
        return self._times.apex

    @property
    def offset(self) -> float:
        return self._times.offset

    @property
    def verdict(self) -> str:
        """``accepted``, ``rejected``, ``added``, or empty."""
        return self.mark.verdict if self.mark else ""

    @property
    def label(self) -> str:
        """The rater's, or empty."""
        return self.mark.label if self.mark else ""

    @property
    def note(self) -> str:
        return self.mark.note if self.mark else ""

    @property
    def model_label(self) -> str:
        """The model's guess, or what else it was; empty for a blind rater."""
        if self.event is None or self.blind:
            return ""
        return self.event.label if self.event.kind == "micro" else self.event.kind

    @property
    def confidence(self) -> float | None:
        """The model's, hidden from a blind rater."""
        return None if self.event is None or self.blind else self.event.confidence

    @property
    def kind(self) -> str:
        """What it is; a blind rater is shown micro-expressions only, and so learns nothing from it."""
        return self.event.kind if self.event else "micro"

    @property
    def _times(self) -> Found | Mark:
        if self.mark is not None:
            return self.mark
        assert self.event is not None
        return self.event


def review_rows(
    events: Sequence[Found], marks: Iterable[Mark], *, all_kinds: bool = False, blind: bool = False
) -> list[ReviewRow]:
    """A rater's list, by onset.

    Args:
        events: The model's.
        marks: The rater's.
        all_kinds: Also list longer movements, blinks, speech and rejected candidates.
        blind: Hide the model's opinion; other kinds than micro-expressions are left out then, since they are one.
    """
    marks = list(marks)
    own = {mark.event: mark for mark in marks if mark.event is not None}
    loose = [mark for mark in marks if mark.event is None]
    rows = [
        ReviewRow(event, own.get(event.id), blind)
        for event in events
        if event.kind == "micro" or event.id in own or (all_kinds and not blind)
    ]
    rows += [ReviewRow(None, mark, blind) for mark in loose]
    return sorted(rows, key=lambda row: (row.onset, row.key))
