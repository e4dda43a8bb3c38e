from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from app.ui.texts import CONSENT, CONSENT_TITLE


class ConsentDialog(QDialog):
    """The plain text that is accepted once, before a camera opens for the first time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(CONSENT_TITLE)
        layout = QVBoxLayout(self)
        text = QLabel(CONSENT)
        text.setWordWrap(True)
        text.setMinimumWidth(460)
        layout.addWidget(text)
        buttons = QDialogButtonBox()
        self.accept_button = buttons.addButton("I have read this and agree", QDialogButtonBox.ButtonRole.AcceptRole)
        self.cancel_button = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.cancel_button.setDefault(True)
