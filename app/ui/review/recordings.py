"""The project's recordings and how far their analyses are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QMenu, QPushButton, QVBoxLayout, QWidget

from app.session.queue import Progress
from app.session.records import Recorded

_NUMBER: Final = Qt.ItemDataRole.UserRole
_STATES: Final = {
    "waiting": "waiting to be analysed",
    "running": "being analysed",
    "paused": "not analysed",
    "done": "",
    "failed": "could not be analysed",
}
# A longer project's name is cut in its middle (pixels), so that it does not widen the list.
_NAME_PX: Final = 170


class RecordingList(QWidget):
    """The project's name, its recordings, and buttons for the queue."""

    chosen = Signal(int)
    """Number of the recording that was selected."""
    add = Signal()
    find_moved = Signal()
    pause = Signal(bool)
    cancel = Signal(int)
    again = Signal(int)
    remove = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget()
        self.list.setAccessibleName("Recordings")
        self.list.setWordWrap(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.project_button = QPushButton()
        self.project_button.setAccessibleName("Project")
        self.project_menu = QMenu(self.project_button)
        self.project_button.setMenu(self.project_menu)
        self.add_button = QPushButton("&Add recordings …")
        self.find_button = QPushButton("&Find moved recordings …")
        self.find_button.hide()
        self.pause_button = QPushButton("&Pause analysis")
        self.pause_button.setCheckable(True)
        self.cancel_button = QPushButton("&Cancel")
        self.again_button = QPushButton("Analyse a&gain")
        for button in (
            self.project_button, self.add_button, self.find_button,
            self.pause_button, self.cancel_button, self.again_button,
        ):  # fmt: skip
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.project_button)
        layout.addWidget(self.add_button)
        layout.addWidget(self.find_button)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.pause_button)
        row = QHBoxLayout()
        row.addWidget(self.cancel_button)
        row.addWidget(self.again_button)
        layout.addLayout(row)
        action = QAction("Remove from the project …", self.list)
        action.triggered.connect(lambda: self._for_current(self.remove))
        self.list.addAction(action)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.list.currentItemChanged.connect(self._selected)
        self.add_button.clicked.connect(self.add)
        self.find_button.clicked.connect(self.find_moved)
        self.pause_button.toggled.connect(self.pause)
        self.cancel_button.clicked.connect(lambda: self._for_current(self.cancel))
        self.again_button.clicked.connect(lambda: self._for_current(self.again))

    @property
    def current(self) -> int | None:
        """Number of the selected recording."""
        item = self.list.currentItem()
        return None if item is None else int(item.data(_NUMBER))

    def show_project(self, path: Path) -> None:
        """Names the project that is open."""
        name = self.fontMetrics().elidedText(path.stem, Qt.TextElideMode.ElideMiddle, _NAME_PX)
        self.project_button.setText(name.replace("&", "&&"))
        self.project_button.setToolTip(f"{path}\nPress to open another project")

    def show_recordings(
        self,
        recordings: list[Recorded],
        progress: dict[int, Progress],
        judged: dict[int, tuple[int, int]],
        paused: bool,
    ) -> None:
        """Shows how things stand.

        Args:
            recordings: All of the project.
            progress: Recording to how far its analysis is.
            judged: Recording to how many of how many events have a verdict.
            paused: Whether the queue waits.
        """
        if [self.list.item(i).data(_NUMBER) for i in range(self.list.count())] != [r.id for r in recordings]:
            kept = self.current
            blocked = self.list.blockSignals(True)
            self.list.clear()
            for recording in recordings:
                item = QListWidgetItem()
                item.setData(_NUMBER, recording.id)
                self.list.addItem(item)
                if recording.id == kept:
                    self.list.setCurrentItem(item)
            self.list.blockSignals(blocked)
        for place, recording in enumerate(recordings):
            item = self.list.item(place)
            text = (
                f"{recording.name}\n{_state(recording, progress.get(recording.id), judged.get(recording.id), paused)}"
            )
            if item.text() != text:
                item.setText(text)
                item.setToolTip(recording.problem or str(recording.path))
        self.pause_button.setEnabled(bool(progress) or any(r.status == "waiting" for r in recordings))
        status = {r.id: r.status for r in recordings}.get(self.current or 0)
        self.cancel_button.setEnabled(status in ("running", "waiting"))
        self.again_button.setEnabled(status in ("done", "failed", "paused"))

    def select(self, number: int) -> None:
        """Selects a recording."""
        for place in range(self.list.count()):
            if self.list.item(place).data(_NUMBER) == number:
                self.list.setCurrentRow(place)

    def _selected(self) -> None:
        if self.current is not None:
            self.chosen.emit(self.current)

    def _for_current(self, signal: object) -> None:
        if self.current is not None:
            signal.emit(self.current)  # type: ignore[attr-defined]  # a bound signal


def _state(recording: Recorded, progress: Progress | None, judged: tuple[int, int] | None, paused: bool) -> str:
    if progress is not None:
        share = f"{100 * progress.done // progress.total} %" if progress.total else f"{progress.done} frames"
        left = progress.seconds_left
        said = "" if left is None else f", {left / 60:.0f} min left" if left > 90 else f", {left:.0f} s left"
        return f"{'paused at' if paused else 'analysed'} {share}{'' if paused else said}"
    if recording.status == "done" and judged is not None:
        done, whole = judged
        return f"{done} of {whole} judged" if whole else "nothing was found"
    return _STATES[recording.status]
