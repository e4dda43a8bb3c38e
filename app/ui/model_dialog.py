"""Choosing a network by its card."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from app.errors import FleetingError
from app.models import ModelFile, add_model, chosen_model, known_models
from model.errors import ModelError

_SIZE: Final = (980, 640)
_LIST_WIDTH: Final = 280
_FILTER: Final = "Network (*.onnx)"
_ROLE: Final = Qt.ItemDataRole.UserRole


class ModelDialog(QDialog):
    """Lists the networks beside the card of the selected one.

    Args:
        current: The setting in force: a path, or empty for the network that ships.
        parent: The window.
    """

    def __init__(self, current: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Networks")
        self.resize(*_SIZE)
        self.models = QListWidget()
        self.models.setAccessibleName("Networks")
        self.card = QTextBrowser()
        self.card.setAccessibleName("Model card")
        self.card.setOpenLinks(False)
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        self.problem.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problem.hide()
        buttons = QDialogButtonBox()
        self.add_button = buttons.addButton("&Add a network …", QDialogButtonBox.ButtonRole.ActionRole)
        self.use_button = buttons.addButton("&Use this one", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        split = QSplitter()
        split.addWidget(self.models)
        split.addWidget(self.card)
        split.setSizes([_LIST_WIDTH, _SIZE[0] - _LIST_WIDTH])
        split.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.addWidget(split, 1)
        layout.addWidget(self.problem)
        row = QHBoxLayout()
        row.addWidget(buttons)
        layout.addLayout(row)
        self.models.currentItemChanged.connect(lambda item, _before: self._show(item))
        self.models.itemActivated.connect(lambda _item: self.accept() if self.use_button.isEnabled() else None)
        self.add_button.clicked.connect(self._ask)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._fill(chosen_model(current))

    @property
    def chosen(self) -> str:
        """The setting that the selection means: a path, or empty for the network that ships."""
        item = self.models.currentItem()
        found = item.data(_ROLE) if item is not None else None
        return "" if not isinstance(found, ModelFile) or found.ships else str(found.path)

    def add(self, path: Path) -> None:
        """Adds a network and selects it, or says why it is refused."""
        try:
            found = add_model(path)
        except FleetingError as error:
            self.problem.setText(str(error))
            self.problem.show()
            return
        self.problem.hide()
        self._fill(found.path)

    def _ask(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Add a network", "", _FILTER)
        if path:
            self.add(Path(path))

    def _fill(self, current: Path) -> None:
        self.models.clear()
        for found in known_models():
            if isinstance(found, ModelFile):
                item = QListWidgetItem(f"{found.version}\nships with the program" if found.ships else found.version)
                item.setToolTip(str(found.path))
            else:
                item = QListWidgetItem("cannot be used")
                item.setToolTip(str(found))
            item.setData(_ROLE, found)
            self.models.addItem(item)
            if isinstance(found, ModelFile) and found.path == current:
                self.models.setCurrentItem(item)
        if self.models.currentItem() is None:
            self.models.setCurrentRow(0)

    def _show(self, item: QListWidgetItem | None) -> None:
        found: ModelFile | ModelError | None = item.data(_ROLE) if item is not None else None
        self.use_button.setEnabled(isinstance(found, ModelFile))
        if isinstance(found, ModelFile):
            self.card.setMarkdown(found.card)
        else:
            self.card.setPlainText(str(found) if found is not None else "")
