"""The list of a rater's events, to be sorted and filtered."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.session.review import ReviewRow
from model.labels import EMOTION_COLOURS

_COLUMNS: Final = ("time", "ms", "who", "model", "sure", "verdict", "label", "note")
_WIDEST: Final = ("0:00:00.00", "0000", "P00", "negative", "100%", "accepted", "negative")
_FILTERS: Final = ("all", "without a verdict", "accepted", "rejected", "added")
_VERDICT_COLOURS: Final = {"accepted": "#009E73", "rejected": "#B0413E", "added": "#0072B2"}
_Index = QModelIndex | QPersistentModelIndex
_SORT_ROLE: Final = Qt.ItemDataRole.UserRole
_ROOT: Final = QModelIndex()


def clock(seconds: float) -> str:
    """``0:00:00.00``."""
    minutes, rest = divmod(max(0.0, seconds), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:05.2f}"


class ReviewTableModel(QAbstractTableModel):
    """The rows of a review."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[ReviewRow] = []
        self.codes: dict[int, str] = {}

    def set_rows(self, rows: list[ReviewRow], codes: dict[int, str]) -> None:
        """Shows other rows."""
        self.beginResetModel()
        self.rows, self.codes = rows, codes
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(_COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - Qt's
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _COLUMNS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - Qt's
        row, column = self.rows[index.row()], _COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == _SORT_ROLE:
            return {"time": row.onset, "ms": row.offset - row.onset, "sure": row.confidence or 0.0}.get(
                column, self._text(row, column)
            )
        if role == Qt.ItemDataRole.ForegroundRole and column == "verdict" and row.verdict:
            return QColor(_VERDICT_COLOURS[row.verdict])
        if role == Qt.ItemDataRole.DecorationRole and column in ("model", "label"):
            colour = EMOTION_COLOURS.get(row.model_label if column == "model" else row.label)
            return QColor(colour) if colour else None
        if role == Qt.ItemDataRole.ToolTipRole and column == "note":
            return row.note
        return None

    def _text(self, row: ReviewRow, column: str) -> str:
        confidence = row.confidence
        return {
            "time": clock(row.onset),
            "ms": f"{1000 * (row.offset - row.onset):.0f}",
            "who": self.codes.get(row.face, f"P{row.face + 1}"),
            "model": row.model_label,
            "sure": "" if confidence is None else f"{min(99, int(100 * confidence))}%",
            "verdict": row.verdict,
            "label": row.label,
            "note": row.note.replace("\n", " "),
        }[column]


class _Filter(QSortFilterProxyModel):
    """By verdict and by words."""

    def __init__(self) -> None:
        super().__init__()
        self.verdict = _FILTERS[0]
        self.words = ""
        self.setSortRole(_SORT_ROLE)

    def filterAcceptsRow(self, row: int, _parent: _Index) -> bool:
        model = self.sourceModel()
        assert isinstance(model, ReviewTableModel)
        shown = model.rows[row]
        if self.verdict == "without a verdict" and shown.verdict:
            return False
        if self.verdict not in _FILTERS[:2] and shown.verdict != self.verdict:
            return False
        said = " ".join((shown.model_label, shown.label, shown.note, shown.verdict, model.codes.get(shown.face, "")))
        return all(word in said.lower() for word in self.words.lower().split())


class _View(QTableView):
    """A table that leaves the review's keys to the window."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()


class EventTable(QWidget):
    """Table, filter by verdict, and search."""

    chosen = Signal(object)
    """The `ReviewRow` that was selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ReviewTableModel()
        self._filter = _Filter()
        self._filter.setSourceModel(self.model)
        self.view = _View()
        self.view.setAccessibleName("Events")
        self.view.setModel(self._filter)
        self.view.setSortingEnabled(True)
        self.view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setTabKeyNavigation(False)
        self.view.verticalHeader().hide()
        self.view.setWordWrap(False)
        header = self.view.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        for column, text in enumerate(_WIDEST):
            self.view.setColumnWidth(
                column, self.fontMetrics().horizontalAdvance(text) + (34 if text == "negative" else 14)
            )
        self.verdicts = QComboBox()
        self.verdicts.addItems(list(_FILTERS))
        self.verdicts.setAccessibleName("Which events are listed")
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search labels, notes, participants")
        self.search.setAccessibleName("Search")
        self.search.setClearButtonEnabled(True)
        row = QHBoxLayout()
        row.addWidget(self.verdicts)
        row.addWidget(self.search, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.view, 1)
        self.verdicts.currentTextChanged.connect(self._filter_changed)
        self.search.textChanged.connect(self._filter_changed)
        self.view.selectionModel().currentRowChanged.connect(lambda _new, _old: self._tell())

    def set_rows(self, rows: list[ReviewRow], codes: dict[int, str]) -> None:
        """Shows other rows; the selected event stays selected if it is still there."""
        kept = self.current
        blocked = self.blockSignals(True)
        self.model.set_rows(rows, codes)
        if kept is not None:
            self.select(kept.key)
        self.blockSignals(blocked)

    @property
    def current(self) -> ReviewRow | None:
        """The selected row."""
        index = self._filter.mapToSource(self.view.currentIndex())
        return self.model.rows[index.row()] if index.isValid() else None

    @property
    def shown(self) -> list[ReviewRow]:
        """The rows that pass the filter, as they are sorted."""
        return [
            self.model.rows[self._filter.mapToSource(self._filter.index(i, 0)).row()]
            for i in range(self._filter.rowCount())
        ]

    def select(self, key: tuple[int, int]) -> bool:
        """Selects a row by its key; returns whether it is listed."""
        for place, row in enumerate(self.shown):
            if row.key == key:
                self.view.setCurrentIndex(self._filter.index(place, 0))
                return True
        return False

    def step(self, by: int) -> None:
        """Selects the row after or before, as far as there is one."""
        count = self._filter.rowCount()
        if count:
            here = self.view.currentIndex().row()
            place = min(count - 1, max(0, here + by)) if here >= 0 else 0
            self.view.setCurrentIndex(self._filter.index(place, 0))

    def _filter_changed(self) -> None:
        self._filter.verdict, self._filter.words = self.verdicts.currentText(), self.search.text()
        self._filter.invalidateFilter()

    def _tell(self) -> None:
        if self.current is not None:
            self.chosen.emit(self.current)
