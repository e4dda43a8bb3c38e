"""How far raters and the model agree, with the disagreements to look at one by one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHeaderView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.session.agreement import Agreement, compare
from app.session.exports.material import MODEL, Entry, Material, gather, lined_up
from app.session.session import Session
from app.ui.review.event_table import clock

_COLUMNS: Final = ("between", "events", "shared", "F1", "kappa", "alpha", "onset, ms", "offset, ms")
_PLACE: Final = Qt.ItemDataRole.UserRole
_MEANING: Final = (
    "Events are the same if they overlap by at least half (intersection over union), one to one and of the same face; "
    "F1 counts them. Cohen's kappa and Krippendorff's alpha compare the labels of shared events: 1 is agreement, 0 "
    "what chance would give. Onset and offset: median distance. Rejected events do not count."
)


@dataclass(frozen=True, slots=True)
class _Placed:
    recording: int
    name: str
    time: float
    entry: Entry


class AgreementDialog(QDialog):
    """A table of pairs of authors, and the disagreements of the chosen pair.

    Args:
        session: The project.
        number: The recording on screen.
        parent: The window.
    """

    chosen = Signal(int, float)
    """Recording and seconds of a disagreement that was clicked."""

    def __init__(self, session: Session, number: int | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._number = session, number
        self.setWindowTitle("Agreement")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 560)
        self.whole = QCheckBox("Every recording of the project")
        self.whole.setChecked(True)
        self.table = QTableWidget(0, len(_COLUMNS))
        self.table.setAccessibleName("Agreement")
        self.table.setHorizontalHeaderLabels(list(_COLUMNS))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.list = QListWidget()
        self.list.setAccessibleName("Disagreements")
        meaning = QLabel(_MEANING)
        meaning.setObjectName("note")
        meaning.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addWidget(self.whole)
        layout.addWidget(self.table, 1)
        layout.addWidget(QLabel("Disagreements of the chosen pair; click one to look at it:"))
        layout.addWidget(self.list, 2)
        layout.addWidget(meaning)
        self._pairs: list[tuple[str, str, list[_Placed], list[_Placed], Agreement]] = []
        self.whole.toggled.connect(self.fill)
        self.table.currentCellChanged.connect(lambda row, *_: self._show(row))
        self.list.itemClicked.connect(lambda item: self.chosen.emit(*item.data(_PLACE)))
        self.list.itemActivated.connect(lambda item: self.chosen.emit(*item.data(_PLACE)))
        self.fill()

    def fill(self) -> None:
        """Compares anew."""
        numbers = [r.id for r in self._session.recordings() if r.status == "done"]
        materials = [gather(self._session, n) for n in numbers if self.whole.isChecked() or n == self._number]
        authors = dict.fromkeys(author for material in materials for author in material.authors)
        self._pairs = []
        for one, two in itertools.combinations(sorted(authors, key=lambda name: (name != MODEL, name)), 2):
            first, second = ([p for p in _placed(materials) if p.entry.author == name] for name in (one, two))
            found = compare(lined_up(materials, one), lined_up(materials, two))
            self._pairs.append((one, two, first, second, found))
        self.table.setRowCount(len(self._pairs))
        for row, (one, two, first, second, found) in enumerate(self._pairs):
            cells = (
                f"{one} and {two}", f"{len(first)} and {len(second)}", str(len(found.pairs)),
                *(_number(value, 2) for value in (found.f1, found.kappa, found.alpha)),
                *(_number(value, 0) for value in (found.onset_ms, found.offset_ms)),
            )  # fmt: skip
            for column, text in enumerate(cells):
                self.table.setItem(row, column, QTableWidgetItem(text))
        self.list.clear()
        if self._pairs:
            self.table.setCurrentCell(0, 0)
            self._show(0)
        else:
            self.list.addItem("There is nobody to compare with yet: judge some events first.")

    def _show(self, row: int) -> None:
        self.list.clear()
        if not 0 <= row < len(self._pairs):
            return
        one, two, first, second, found = self._pairs[row]
        lines = [(first[i], f"only {one}: {first[i].entry.label}") for i in found.only_first]
        lines += [(second[i], f"only {two}: {second[i].entry.label}") for i in found.only_second]
        lines += [
            (first[a], f"{one}: {first[a].entry.label or 'no label'}, {two}: {second[b].entry.label or 'no label'}")
            for a, b in found.pairs
            if first[a].entry.label != second[b].entry.label
        ]
        for place, text in sorted(lines, key=lambda line: (line[0].recording, line[0].time)):
            item = QListWidgetItem(f"{place.name}  {clock(place.time)}  {place.entry.participant}: {text}")
            item.setData(_PLACE, (place.recording, place.time))
            self.list.addItem(item)


def _placed(materials: Sequence[Material]) -> list[_Placed]:
    """What counts, in the order of `lined_up`."""
    return [
        _Placed(material.recording.id, material.recording.name, entry.onset, entry)
        for material in materials
        for entry in material.entries
        if entry.counts
    ]


def _number(value: float, digits: int) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"
