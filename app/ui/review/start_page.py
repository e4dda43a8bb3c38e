"""What the review shows before a project is open."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

_TEXT: Final = (
    "A project holds recordings, what was found in them, and what you say of it. "
    "Nothing in it ever leaves this computer."
)


class StartPage(QWidget):
    """Says what a project is and offers to make or open one.

    Args:
        last_project: Path of the one that was open last, or empty.
    """

    new = Signal()
    open = Signal()
    last = Signal(str)
    """Path of the project that was open last."""

    def __init__(self, last_project: str) -> None:
        super().__init__()
        text = QLabel(_TEXT)
        text.setWordWrap(True)
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        new, open_, last = QPushButton("&New project …"), QPushButton("&Open a project …"), QPushButton()
        last.setText(f"Go on with {Path(last_project).name}")
        last.setVisible(bool(last_project) and Path(last_project).is_file())
        row = QHBoxLayout()
        row.addStretch(1)
        for button in (new, open_, last):
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(text)
        column.addSpacing(12)
        column.addLayout(row)
        column.addStretch(1)
        new.clicked.connect(self.new)
        open_.clicked.connect(self.open)
        last.clicked.connect(lambda: self.last.emit(last_project))
