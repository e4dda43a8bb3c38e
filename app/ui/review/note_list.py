"""The notes on a recording: a click goes there, a double click rewrites."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from app.session.records import Note
from app.ui.review.event_table import clock

_NOTE: Final = Qt.ItemDataRole.UserRole
# So many notes are seen at once.
_LINES: Final = 4


class NoteList(QListWidget):
    """Notes by time."""

    sought = Signal(float)
    """Seconds of the note that was clicked."""
    rewrite = Signal(object)
    """The `Note` that was double-clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Notes")
        self.setToolTip("Notes (N writes one); click to go there, double-click to rewrite, empty to remove")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setMaximumHeight(_LINES * self.fontMetrics().lineSpacing() + 2 * self.frameWidth() + 6)
        self.itemClicked.connect(lambda item: self.sought.emit(item.data(_NOTE).time))
        self.itemDoubleClicked.connect(lambda item: self.rewrite.emit(item.data(_NOTE)))
        self.show_notes([], {})

    def show_notes(self, notes: Iterable[Note], codes: dict[int, str]) -> None:
        """Shows other notes.

        Args:
            notes: By time.
            codes: Rater to code.
        """
        self.clear()
        for note in notes:
            item = QListWidgetItem(f"{clock(note.time)}  {codes.get(note.rater, '?')}: {note.text}")
            item.setData(_NOTE, note)
            self.addItem(item)
        self.setVisible(self.count() > 0)
