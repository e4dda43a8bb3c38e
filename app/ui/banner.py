from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget


class Banner(QFrame):
    """A message above the picture that stays until it is closed; the newest ones are shown together."""

    _MOST = 3

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setAccessibleName("Message")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 6, 6, 6)
        self.text = QLabel()
        self.text.setWordWrap(True)
        close = QToolButton()
        close.setText("✕")
        close.setAccessibleName("Close the message")
        close.setAutoRaise(True)
        close.clicked.connect(self.dismiss)
        layout.addWidget(self.text, 1)
        layout.addWidget(close)
        self._messages: list[str] = []
        self.hide()

    def say(self, message: str) -> None:
        if message in self._messages:
            return
        self._messages = [*self._messages, message][-self._MOST :]
        self.text.setText("\n".join(self._messages))
        self.show()

    def dismiss(self) -> None:
        self._messages.clear()
        self.hide()
