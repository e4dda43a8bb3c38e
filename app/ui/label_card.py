"""The current label in large letters, with its confidence."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.ui.texts import MEANING, action_units_text
from model.labels import EMOTION_COLOURS
from model.recognition import Recognition


class LabelCard(QFrame):
    """Says what the network makes of the current or chosen movement."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName("Current label")
        self.setToolTip(MEANING)
        layout = QVBoxLayout(self)
        layout.setSpacing(4)
        self.headline = QLabel()
        font = self.headline.font()
        font.setPointSizeF(font.pointSizeF() * 2.0)
        font.setBold(True)
        self.headline.setFont(font)
        self.confidence = QProgressBar()
        self.confidence.setRange(0, 100)
        self.confidence.setAccessibleName("Confidence")
        self.detail = QLabel()
        self.detail.setWordWrap(True)
        self.detail.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.detail.setMinimumHeight(2 * self.detail.fontMetrics().lineSpacing())
        for widget in (self.headline, self.confidence, self.detail):
            layout.addWidget(widget)
        self.show_nothing()

    def show_recognition(self, guess: Recognition, when: str) -> None:
        """Shows a recognition.

        Args:
            guess: The network's answer.
            when: What it is about, as in 'at 3.14 s' or 'movement under way'.
        """
        self.headline.setText(guess.label)
        self.headline.setStyleSheet(f"color: {EMOTION_COLOURS[guess.label]}")
        self.confidence.setValue(guess.percent)
        self.confidence.setFormat("confidence %p %")
        self.confidence.setStyleSheet(f"QProgressBar::chunk {{ background: {EMOTION_COLOURS[guess.label]}; }}")
        text = f"{when} · {action_units_text(guess)}"
        if guess.label == "unsure":
            text = f"{when} · below {guess.unsure_below:.0%}, closest to {guess.emotion} · {action_units_text(guess)}"
        self.detail.setText(text)

    def show_nothing(self, text: str = "No movement yet.") -> None:
        """Shows that there is nothing to say."""
        self.headline.setText("–")
        self.headline.setStyleSheet("")
        self.confidence.setValue(0)
        self.confidence.setFormat("")
        self.detail.setText(text)
