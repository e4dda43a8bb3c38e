"""Where the parts of the review window lie."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

# Pixels from left to right, and from top to bottom, in a window of the usual size; they grow in these shares.
_WIDTHS: Final = (210, 700, 450)
_HEIGHTS: Final = (600, 230)
_GROWTH: Final = (3, 1)


def stacked(*parts: QWidget) -> QWidget:
    """Parts one below the other; the first takes what room there is."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    for number, part in enumerate(parts):
        column.addWidget(part, int(number == 0))
    return whole


def arrange(left: QWidget, middle: QWidget, right: QWidget, below: QWidget) -> tuple[QSplitter, QSplitter]:
    """Three columns above a strip: the splitter of the columns, and the one that holds everything."""
    upper, whole = QSplitter(Qt.Orientation.Horizontal), QSplitter(Qt.Orientation.Vertical)
    for number, (part, width) in enumerate(zip((left, middle, right), _WIDTHS, strict=True)):
        upper.addWidget(part)
        upper.setStretchFactor(number, width)
    for number, (part, share) in enumerate(zip((upper, below), _GROWTH, strict=True)):
        whole.addWidget(part)
        whole.setStretchFactor(number, share)
    upper.setSizes(list(_WIDTHS))
    whole.setSizes(list(_HEIGHTS))
    return upper, whole
