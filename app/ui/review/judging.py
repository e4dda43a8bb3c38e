"""What the rater says of the chosen event, and of single moments."""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller
from typing import Any, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QInputDialog, QWidget

from app.session.records import Mark, Note, Verdict
from app.session.session import Session
from app.settings import Settings
from app.ui.review.event_table import EventTable, clock
from app.ui.review.viewing import Viewing

# An event that is added begins and ends so long before and after its apex until its key frames are moved, seconds.
_NEW_EVENT_S: Final = (0.12, 0.16)

Keep = Callable[[Callable[[Session], Any]], Any]
"""Makes a change to the open project and returns what came of it; None if it could not be kept."""


class Judging(QObject):
    """Keeps what the rater says. Commands call its methods by their names.

    Args:
        table: The events, one of them chosen.
        viewing: Tells the recording and the shown moment.
        settings: Tells the rater's code.
        keep: Makes a change.
        parent: Window of the questions.
    """

    changed = Signal()
    """The project holds something else."""
    added = Signal(object)
    """Key of an event that the rater added."""
    refused = Signal(str)
    """Why something cannot be said."""
    told = Signal(str)
    """What was done."""

    def __init__(self, table: EventTable, viewing: Viewing, settings: Settings, keep: Keep, parent: QWidget) -> None:
        super().__init__(parent)
        self._table, self._viewing, self._settings, self._keep = table, viewing, settings, keep
        self._window = parent

    def rater(self, session: Session) -> int:
        """Number of the rater in a project."""
        return session.rater(self._settings.rater).id

    # The chosen event

    def accept(self) -> None:
        self.judge("accepted")

    def reject(self) -> None:
        self.judge("rejected")

    def label_negative(self) -> None:
        self.label("negative")

    def label_positive(self) -> None:
        self.label("positive")

    def label_surprise(self) -> None:
        self.label("surprise")

    def label_unsure(self) -> None:
        self.label("unsure")

    def onset_here(self) -> None:
        self.move_here("onset")

    def apex_here(self) -> None:
        self.move_here("apex")

    def offset_here(self) -> None:
        self.move_here("offset")

    def judge(self, verdict: Verdict) -> None:
        """Accepts or rejects the chosen event."""
        self._say(verdict=verdict)

    def label(self, label: str) -> None:
        """Calls the chosen event something."""
        self._say(label=label)

    def note(self, text: str) -> None:
        """Writes a note on the chosen event."""
        self._say(note=text)

    def move_here(self, name: str) -> None:
        """Makes the shown frame the chosen event's onset, apex or offset."""
        row, now = self._table.current, self._viewing.now
        if row is None or self._viewing.analysis is None:
            return
        times = {"onset": row.onset, "apex": row.apex, "offset": row.offset, name: now}
        if not times["onset"] <= times["apex"] <= times["offset"]:
            self.refused.emit(
                f"The {name} cannot be at {clock(now)}: onset, apex and offset come in this order. "
                "Move the others first."
            )
            return
        self._say(**{name: now})

    def take_back(self) -> None:
        """Removes what the rater said of the chosen event."""
        row = self._table.current
        if row is not None and row.mark is not None:
            self._change(methodcaller("remove_mark", row.mark.id))

    def name_face(self, code: str) -> None:
        """Gives the participant whose face the chosen event is in a code."""
        row, number = self._table.current, self._viewing.number
        if row is not None and number is not None:
            self._change(methodcaller("name_face", number, row.face, code))

    def _say(self, **values: Any) -> None:  # noqa: ANN401 - columns of one table, each with its type
        """Keeps what the rater says of the chosen event; whatever it is, it accepts an event that had no verdict."""
        row, number = self._table.current, self._viewing.number
        if row is None or number is None:
            return
        if row.mark is not None:
            if row.event is None:
                values.pop("verdict", None)  # what somebody added needs no verdict of their own
            if values:
                self._change(methodcaller("change_mark", row.mark.id, **values))
            return
        event = row.event
        assert event is not None
        if self._viewing.blind:
            values = {"label": "", **values}  # the model's must not slip in
        self._change(lambda session: session.judge(self.rater(session), number, event, **values))

    # Moments

    def add_here(self) -> None:
        """Adds an event whose apex is the shown frame."""
        number, analysis, now = self._viewing.number, self._viewing.analysis, self._viewing.now
        if number is None or analysis is None:
            return
        onset, offset = max(0.0, now - _NEW_EVENT_S[0]), min(float(analysis.times[-1]), now + _NEW_EVENT_S[1])
        row = self._table.current
        face = row.face if row is not None else 0
        mark = self._change(lambda session: session.add_mark(self.rater(session), number, face, "", onset, now, offset))
        if isinstance(mark, Mark):
            self.added.emit((0, mark.id))

    def note_here(self) -> None:
        """Asks for a note on the shown moment."""
        if self._viewing.number is None:
            return
        text, agreed = QInputDialog.getText(self._window, "Note", f"Note at {clock(self._viewing.now)}:")
        if agreed and text.strip():
            self.add_note(text.strip())

    def add_note(self, text: str) -> None:
        """Enters a note on the shown moment."""
        number, now = self._viewing.number, self._viewing.now
        if number is not None:
            self._change(lambda session: session.add_note(self.rater(session), number, now, text))

    def ask_note(self, note: Note) -> None:
        """Asks for another text of a note."""
        text, agreed = QInputDialog.getText(self._window, "Note", f"Note at {clock(note.time)}:", text=note.text)
        if agreed:
            self.rewrite_note(note, text)

    def rewrite_note(self, note: Note, text: str) -> None:
        """Changes a note; an empty text removes it."""
        self._change(methodcaller("change_note", note.id, text.strip()))

    # Steps

    def undo(self) -> None:
        self._step("undo", "undone")

    def redo(self) -> None:
        self._step("redo", "done again")

    def _step(self, name: str, word: str) -> None:
        title = self._change(methodcaller(name))
        self.told.emit(f"{title}: {word}" if title else f"There is nothing to {name}.")

    def _change(self, change: Callable[[Session], Any]) -> Any:  # noqa: ANN401 - whatever the change returns
        came = self._keep(change)
        self.changed.emit()
        return came
