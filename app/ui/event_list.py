"""The list of events; choosing one shows it again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from model.events import Event
from model.frame import Image
from model.labels import EMOTION_COLOURS, au_column

_COLUMNS: Final = ("time", "label", "sure", "ms", "face", "AUs")
# The widest text of each column but the last, which takes what is left; the label has a coloured square.
_WIDEST: Final = ("0000.00 s", "     negative", "100%", "0000", "face")
_Index = QModelIndex | QPersistentModelIndex


# Hardly to be told from the original, at a tenth of its size.
_JPEG_QUALITY: Final = 92


def _compressed(picture: Image) -> bytes:
    import cv2  # only here: the window is up before the first event

    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes())


def _picture(packed: bytes) -> Image:
    import cv2

    return np.asarray(cv2.imdecode(np.frombuffer(packed, np.uint8), cv2.IMREAD_COLOR), dtype=np.uint8)


class EventTableModel(QAbstractTableModel):
    """Events in the order in which they were completed; micro-expressions only, or all kinds."""

    def __init__(self, all_kinds: bool) -> None:
        super().__init__()
        self._events: list[Event] = []
        self._shown: list[Event] = []
        self._pictures: dict[tuple[str, int], tuple[bytes, ...]] = {}
        self._all_kinds = all_kinds

    def append(self, event: Event) -> None:
        """Adds an event; its pictures are kept compressed, so that hours of events fit into memory."""
        self._pictures[event.kind, event.number] = tuple(_compressed(crop) for crop in event.crops)
        event = replace(event, crops=())
        self._events.append(event)
        if self._all_kinds or event.is_micro:
            row = len(self._shown)
            self.beginInsertRows(QModelIndex(), row, row)
            self._shown.append(event)
            self.endInsertRows()

    def show_all_kinds(self, all_kinds: bool) -> None:
        if all_kinds == self._all_kinds:
            return
        self.beginResetModel()
        self._all_kinds = all_kinds
        self._shown = [e for e in self._events if all_kinds or e.is_micro]
        self.endResetModel()

    def clear(self) -> None:
        self.beginResetModel()
        self._events.clear()
        self._pictures.clear()
        self._shown.clear()
        self.endResetModel()

    def event_at(self, row: int) -> Event:
        """An event with its pictures."""
        event = self._shown[row]
        pictures = self._pictures[event.kind, event.number]
        return replace(event, crops=tuple(_picture(packed) for packed in pictures))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(_COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - Qt's signature
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _COLUMNS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - Qt's signature
        event = self._shown[index.row()]
        guess = event.recognition if event.is_micro else None
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                f"{event.spot.onset:.2f} s",
                guess.label if guess else event.kind,
                f"{guess.percent}%" if guess else "",
                f"{1000 * event.spot.duration:.0f}",
                str(event.face + 1),
                " ".join(au_column(n) for n in guess.named_action_units) if guess else "",
            )[index.column()]
        if role == Qt.ItemDataRole.DecorationRole and _COLUMNS[index.column()] == "label" and guess:
            return QColor(EMOTION_COLOURS[guess.label])
        if role == Qt.ItemDataRole.ToolTipRole:
            return event.reason or f"strongest in: {', '.join(event.spot.regions)}"
        if role == Qt.ItemDataRole.TextAlignmentRole and _COLUMNS[index.column()] in ("sure", "ms", "face"):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


class EventList(QTableView):
    """The table on screen."""

    chosen = Signal(object)
    """The `Event` that the person chose."""

    def __init__(self, all_kinds: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Events")
        self.setToolTip("Choose an event to see it again; Esc follows the newest")
        self.events = EventTableModel(all_kinds)
        self.setModel(self.events)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, widest in enumerate(_WIDEST):
            header.resizeSection(column, self.fontMetrics().horizontalAdvance(widest) + 14)
        self.setWordWrap(False)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.selectionModel().currentRowChanged.connect(self._choose)

    def append(self, event: Event) -> None:
        """Adds an event and keeps the newest in sight unless the person is looking at an older one."""
        following = not self.selectionModel().hasSelection()
        self.events.append(event)
        if following:
            self.scrollToBottom()

    def clear_events(self) -> None:
        """Empties the list for a new source."""
        self.events.clear()
        self.clearSelection()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:  # look at the newest again
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
            self.scrollToBottom()
        else:
            super().keyPressEvent(event)

    def _choose(self, current: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(self.events.event_at(current.row()))
