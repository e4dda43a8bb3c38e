"""What the rater says of the chosen movement."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from app.session.review import ReviewRow
from app.ui.review.event_table import clock

LABELS: Final = ("", "negative", "positive", "surprise", "unsure")
_KEYS: Final = (("onset", "I"), ("apex", "O"), ("offset", "P"))


class MarkEditor(QWidget):
    """Verdict, label, key frames and note of one movement."""

    verdict = Signal(str)
    label = Signal(str)
    here = Signal(str)
    """Name of the key frame that the shown frame is to become."""
    note = Signal(str)
    participant = Signal(str)
    """Code that the event's face is to have."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel()
        self.title.setWordWrap(True)
        self.accept_button = QPushButton("&Accept (A)")
        self.reject_button = QPushButton("&Reject (R)")
        for button, verdict in ((self.accept_button, "accepted"), (self.reject_button, "rejected")):
            button.setCheckable(True)
            button.clicked.connect(lambda _on, verdict=verdict: self.verdict.emit(verdict))
        self.labels = QComboBox()
        self.labels.addItems(list(LABELS))
        self.labels.setItemText(0, "no label")
        self.labels.setAccessibleName("Label")
        self.labels.activated.connect(lambda place: self.label.emit(LABELS[place]))
        self.notes = QLineEdit()
        self.notes.setAccessibleName("Note on the event")
        self.notes.setPlaceholderText("Note on this event")
        self.notes.editingFinished.connect(self._note_done)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(self.title)
        row = QHBoxLayout()
        row.addWidget(self.accept_button)
        row.addWidget(self.reject_button)
        form.addRow(row)
        form.addRow("Label", self.labels)
        self.times: dict[str, QLabel] = {}
        for name, key in _KEYS:
            self.times[name] = QLabel("–")
            button = QPushButton(f"This frame ({key})")
            button.clicked.connect(lambda _on=False, name=name: self.here.emit(name))
            line = QHBoxLayout()
            line.addWidget(self.times[name], 1)
            line.addWidget(button)
            form.addRow(name.title(), line)
        self.code = QLineEdit()
        self.code.setAccessibleName("Participant's code")
        self.code.setToolTip("The participant's code; please do not use names")
        self.code.editingFinished.connect(self._code_done)
        form.addRow("Participant", self.code)
        form.addRow(self.notes)
        self._row: ReviewRow | None = None
        self.show_row(None, {}, "")

    def show_row(self, row: ReviewRow | None, frames: dict[str, int], code: str) -> None:
        """Shows a movement.

        Args:
            row: The movement, None for none.
            frames: Index of the frame of each key frame.
            code: The participant's.
        """
        self._code = code
        self._row = row
        self.setEnabled(row is not None)
        if row is None:
            self.title.setText("No event is chosen. Press Down for the first one, or Insert to add one.")
        elif row.event is None:
            self.title.setText(
                "You added this event." if row.verdict == "added" else "The model does not find this any more."
            )
        elif row.blind:
            self.title.setText("Found by the model; its opinion is hidden.")
        else:
            sure = "" if row.confidence is None else f" ({min(99, int(100 * row.confidence))} %)"
            self.title.setText(f"The model calls it <b>{row.model_label or row.kind}</b>{sure}.")
        verdict = row.verdict if row else ""
        self.accept_button.setChecked(verdict == "accepted")
        self.reject_button.setChecked(verdict == "rejected")
        judged = row is not None and row.event is not None
        self.accept_button.setEnabled(judged)
        self.reject_button.setEnabled(judged)
        label = row.label if row else ""
        self.labels.setCurrentIndex(LABELS.index(label) if label in LABELS else 0)
        for name, text in self.times.items():
            text.setText("–" if row is None else f"{clock(getattr(row, name))}  frame {frames.get(name, 0)}")
        if not self.code.hasFocus():
            self.code.setText(code)
        if not self.notes.hasFocus():
            self.notes.setText(row.note if row else "")

    def _code_done(self) -> None:
        text = self.code.text().strip()
        if self._row is not None and text and text != self._code:
            self.participant.emit(text)
        elif not text:
            self.code.setText(self._code)

    def _note_done(self) -> None:
        if self._row is not None and self.notes.text() != self._row.note:
            self.note.emit(self.notes.text())
