"""The sheet of all keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QVBoxLayout, QWidget

from app.ui.review.actions import COMMANDS, HELD

_COLUMNS = 2


class ShortcutSheet(QDialog):
    """Every key and what it does, by groups."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        layout = QVBoxLayout(self)
        grid = QGridLayout()
        grid.setHorizontalSpacing(28)
        grid.setVerticalSpacing(14)
        layout.addLayout(grid)
        groups = list(dict.fromkeys(command.group for command in COMMANDS))
        for place, group in enumerate(groups):
            lines = "".join(
                f"<tr><td style='padding-right:14px'><b>{command.keys}</b></td><td>{command.text}</td></tr>"
                for command in (*COMMANDS, *HELD)
                if command.group == group
            )
            text = QLabel(f"<b>{group}</b><table>{lines}</table>")
            text.setAlignment(Qt.AlignmentFlag.AlignTop)
            grid.addWidget(text, place // _COLUMNS, place % _COLUMNS)
