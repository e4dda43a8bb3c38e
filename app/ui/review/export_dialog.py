"""Choosing what is exported, and where to."""

from __future__ import annotations

from pathlib import Path
from typing import Final, get_args

from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.errors import FleetingError
from app.headless import result_folders
from app.session.exports.everything import FORMATS, export
from app.session.exports.material import gather
from app.session.session import Session
from model.spot import Kind

_ALL_KINDS: Final = frozenset(get_args(Kind))


class ExportDialog(QDialog):
    """Formats, folder, and for which recordings.

    Args:
        session: The project.
        number: The recording on screen, None for none.
        folder: Where files were written last.
        parent: The window.
    """

    def __init__(self, session: Session, number: int | None, folder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._number = session, number
        self.said = ""
        """What was written, for the person."""
        self.setWindowTitle("Export")
        layout = QVBoxLayout(self)
        self.formats = {name: QCheckBox(own.title) for name, own in FORMATS.items()}
        for box in self.formats.values():
            box.setChecked(True)
            layout.addWidget(box)
        self.kinds = QCheckBox("Also longer movements, blinks, speech and what was left out")
        self.all = QCheckBox("Every recording of the project")
        self.all.setChecked(number is None)
        self.all.setEnabled(number is not None)
        layout.addSpacing(8)
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
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.write_button = buttons.addButton("&Write", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.write)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    @property
    def folder(self) -> Path:
        return Path(self.place.text())

    def write(self) -> None:
        """Writes the files and closes; if something cannot be written, it says so and stays."""
        recordings = [r for r in self._session.recordings() if r.status == "done"]
        wanted = [r for r in recordings if self.all.isChecked() or r.id == self._number]
        formats = [name for name, box in self.formats.items() if box.isChecked()]
        kinds = _ALL_KINDS if self.kinds.isChecked() else frozenset({"micro"})
        folders = result_folders(self.folder, [r.name for r in wanted])
        try:
            for recording, folder in zip(wanted, folders, strict=True):
                export(gather(self._session, recording.id, kinds=kinds), folder, formats)
        except FleetingError as error:
            self.problem.setText(str(error))
            self.problem.show()
            return
        what = f"{len(wanted)} recordings" if len(wanted) != 1 else wanted[0].name
        self.said = f"Exported {what} to {self.folder}."
        self.accept()

    def _ask(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Folder for the files", str(self.folder.parent))
        if path:
            self.place.setText(path)
