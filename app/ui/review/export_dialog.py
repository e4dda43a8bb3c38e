"""Choosing what is exported, and where to."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.errors import FleetingError
from app.session.exports.everything import FORMATS, export_all
from app.session.exports.material import EVERY_KIND, MICRO, gather
from app.session.exports.report import Report
from app.session.exports.thumbnails import KINDS
from app.session.session import Session
from app.ui.pdf import write_pdf

# The progress is looked at this often (milliseconds).
_TICK_MS: Final = 100


class ExportDialog(QDialog):
    """Formats, folder, and for which recordings.

    Args:
        session: The project.
        number: The recording on screen, None for none.
        folder: Where files were written last.
        model: The network that figures are drawn with.
        parent: The window.
    """

    def __init__(
        self, session: Session, number: int | None, folder: str, model: Path, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._number, self._model = session, number, model
        self.said = ""
        """What was written, for the person."""
        self.setWindowTitle("Export")
        layout = QVBoxLayout(self)
        self.formats = {name: QCheckBox(own.title) for name, own in FORMATS.items()}
        for box in self.formats.values():
            box.setChecked(True)
            layout.addWidget(box)
        self.kinds = QCheckBox("Also longer movements, blinks, speech and what was left out")
        self.figures = QCheckBox("Each event as a figure (PNG and SVG) and as a slowed video")
        self.videos = QCheckBox("Each recording as a video with its labels on it")
        self.faces = QComboBox()
        self.faces.addItems(["no faces in the report", "blurred faces in the report", "clear faces in the report"])
        self.faces.setAccessibleName("Faces in the report")
        self.all = QCheckBox("Every recording of the project")
        self.all.setChecked(number is None)
        self.all.setEnabled(number is not None)
        layout.addSpacing(8)
        layout.addWidget(self.figures)
        layout.addWidget(self.videos)
        layout.addWidget(self.faces)
        layout.addWidget(self.kinds)
        layout.addWidget(self.all)
        row = QHBoxLayout()
        self.place = QLineEdit(str(Path(folder or Path.home()) / session.path.stem))
        self.place.setAccessibleName("Folder")
        self.place.setMinimumWidth(360)
        choose = QPushButton("&Folder …")
        choose.clicked.connect(self._ask)
        row.addWidget(self.place, 1)
        row.addWidget(choose)
        layout.addLayout(row)
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        self.problem.hide()
        layout.addWidget(self.problem)
        self.bar = QProgressBar()
        self.bar.hide()
        layout.addWidget(self.bar)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.write_button = buttons.addButton("&Write", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.write)
        buttons.rejected.connect(self.reject)
        self._worker: ThreadPoolExecutor | None = None
        self._work: Future[Report] | None = None
        self._stop = False
        self._done = 0, 0
        self._count = 0
        self._ticker = QTimer(self)
        self._ticker.setInterval(_TICK_MS)
        self._ticker.timeout.connect(self._tick)
        layout.addWidget(buttons)

    @property
    def folder(self) -> Path:
        return Path(self.place.text())

    def write(self) -> None:
        """Writes the files in a thread and closes; if something cannot be written, it says so and stays."""
        recordings = [r for r in self._session.recordings() if r.status == "done"]
        wanted = [r for r in recordings if self.all.isChecked() or r.id == self._number]
        kinds = EVERY_KIND if self.kinds.isChecked() else MICRO
        materials = [gather(self._session, r.id, kinds=kinds) for r in wanted]
        formats = [name for name, box in self.formats.items() if box.isChecked()]
        self.problem.hide()
        self.write_button.setEnabled(False)
        self.bar.setRange(0, 0)
        self.bar.show()
        self._stop = False
        self._worker = ThreadPoolExecutor(1, "fleeting-export")
        self._work = self._worker.submit(
            export_all,
            materials,
            self.folder,
            self._session.path.stem,
            formats,
            figures=self._model if self.figures.isChecked() else None,
            videos=self.videos.isChecked(),
            faces=KINDS[self.faces.currentIndex()],
            tell=self._told,
        )
        self._count = len(wanted)
        self._ticker.start()

    def reject(self) -> None:
        """Leaves out the rest if files are being written; else closes."""
        if self._work is not None:
            self._stop = True
        else:
            super().reject()

    def _told(self, done: int, of: int) -> bool:
        """In the worker: notes how far it is."""
        self._done = done, of
        return not self._stop

    def _tick(self) -> None:
        self.bar.setRange(0, self._done[1])
        self.bar.setValue(self._done[0])
        work = self._work
        if work is None or not work.done():
            return
        self._finish()
        try:
            report = work.result()
            if self._stop:
                self._tell("Stopped. The files written so far are whole.")
                return
            write_pdf(report.html, report.title, self.folder / "report.pdf")
        except FleetingError as error:
            self._tell(str(error))
            return
        what = f"{self._count} recordings" if self._count != 1 else "the recording"
        self.said = f"Exported {what} to {self.folder}, with report.html and report.pdf."
        self.accept()

    def _finish(self) -> None:
        self._ticker.stop()
        self._work = None
        if self._worker is not None:
            self._worker.shutdown()
            self._worker = None
        self.bar.hide()
        self.write_button.setEnabled(True)

    def _tell(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.show()

    def _ask(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Folder for the files", str(self.folder.parent))
        if path:
            self.place.setText(path)
