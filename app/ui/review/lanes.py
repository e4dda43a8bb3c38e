"""What stands on which lane of the timeline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from app.session.records import Analysis, Mark
from app.session.review import ReviewRow
from app.session.session import Session
from app.ui.review.timeline import Bar, colour_of

# Movements that explain why nothing was found there: a lane of their own.
_EXCLUSIONS: Final = frozenset({"speech", "blink", "swallow", "gaze", "light"})
_EXCLUDED: Final = "#b0b0b0"
_NOTE: Final = "#CC79A7"


def lanes(
    session: Session, number: int, analysis: Analysis, rows: Iterable[ReviewRow], rater: str, blind: bool
) -> list[tuple[str, list[Bar]]]:
    """Names and bars, the first lane on top: the model, the rater, other raters, notes, exclusions.

    Args:
        session: The project.
        number: The recording.
        analysis: Its analysis.
        rows: What the rater is shown.
        rater: The rater's code.
        blind: Leave out what tells the model's opinion, or other raters'.
    """
    rows = list(rows)
    found = [
        Bar(row.event.onset, row.event.offset, colour_of(row.model_label), row.key)
        for row in rows
        if row.event is not None and row.kind == "micro"
    ]
    own = [_marked(row.mark, row.key) for row in rows if row.mark is not None]
    result = [("found" if blind else "model", found), (rater, own)]
    if not blind:
        for other in session.raters():
            marks = session.marks(number, other.id) if other.code != rater else []
            if marks:
                result.append((other.code, [_marked(mark, None) for mark in marks]))
    notes = session.notes(number)
    if notes:
        result.append(("notes", [Bar(note.time, note.time, _NOTE) for note in notes]))
    if not blind:
        excluded = [event for event in analysis.events if event.kind in _EXCLUSIONS]
        result.append(("excluded", [Bar(event.onset, event.offset, _EXCLUDED) for event in excluded]))
    return result


def _marked(mark: Mark, key: tuple[int, int] | None) -> Bar:
    rejected = mark.verdict == "rejected"
    return Bar(mark.onset, mark.offset, colour_of(mark.label, mark.verdict), key, rejected)
