"""The tool bar of the review: the rater, and the commands that are used most."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QLineEdit, QToolBar, QWidget

from app.ui.review.actions import COMMANDS

_RATER: Final = "Your code as a rater"
# Name of the command, text, whether it stays pressed; None for a gap.
_BUTTONS: Final = (
    ("toggle_blind", "&Blind", True), ("toggle_kinds", "All &kinds", True), None,
    ("toggle_play", "▶ Play", False), ("toggle_loop", "&Loop", True), ("flicker", "&Flicker", True),
    ("zoom_face", "&Zoom on face", True), ("show_flow", "Flo&w", True), ("show_attention", "&Heatmap", True),
    ("amplify_less", "−", False), ("amplify_more", "+", False), None,
    ("undo", "&Undo", False), ("redo", "&Redo", False), None,
)  # fmt: skip
# Name of the method, text, what it is for: these open windows of their own.
_WINDOWS: Final = (
    ("show_agreement", "&Agreement …", "How far raters and the model agree"),
    ("show_export", "&Export …", "Write files for other programs"),
    ("sheet", "&Keys", "Every key (F1)"),
)


class ReviewBar(QToolBar):
    """Buttons for commands.

    Args:
        command: What a command's name stands for.
        parent: The review window.
    """

    def __init__(self, command: Callable[[str], Callable[[], None]], parent: QWidget) -> None:
        super().__init__("Review", parent)
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.addWidget(QLabel("Rater "))
        self.rater = QLineEdit()
        self.rater.setAccessibleName(_RATER)
        self.rater.setToolTip(f"{_RATER}; please do not use your name")
        self.rater.setFixedWidth(80)
        self.addWidget(self.rater)
        self.buttons: dict[str, QAction] = {}
        """Each by the name of what it calls."""
        commands = {command.name: command for command in COMMANDS}
        for button in _BUTTONS:
            if button is None:
                self.addSeparator()
                continue
            name, text, stays = button
            self._add(command(name), name, text, f"{commands[name].text} ({commands[name].keys})").setCheckable(stays)
        for name, text, tip in _WINDOWS:
            self._add(command(name), name, text, tip)

    def _add(self, call: Callable[[], None], name: str, text: str, tip: str) -> QAction:
        action = self.addAction(text)
        action.setToolTip(tip)
        action.triggered.connect(lambda _on=False: call())
        self.buttons[name] = action
        return action
