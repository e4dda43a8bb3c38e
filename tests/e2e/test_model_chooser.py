"""A person reads a network's card, adds one of their own, and uses it."""

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialogButtonBox

from app.settings import Settings
from app.ui.choices import Choice
from app.ui.main_window import MainWindow, make_pipeline
from app.ui.model_dialog import ModelDialog
from tests.app.test_models import copied, renamed
from tests.helpers import FakeSource, still_frames


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_data_path", lambda _name: tmp_path / "data")
    return tmp_path / "data" / "models"


def test_cards_are_shown_and_a_network_is_added(qtbot, kept, tmp_path):
    dialog = ModelDialog("")
    qtbot.addWidget(dialog)
    assert dialog.models.count() == 1
    assert dialog.chosen == ""
    assert "What a label means, and what it does not" in dialog.card.toPlainText()
    dialog.add(copied(tmp_path / "mine", renamed))
    assert dialog.models.currentItem().text() == "my fold / seed 1"
    assert dialog.card.toPlainText().startswith("Mine")
    assert dialog.chosen.startswith(str(kept))
    dialog.add(tmp_path / "nothing.onnx")
    assert "nothing.onnx" in dialog.problem.text()
    assert not dialog.problem.isHidden()
    assert dialog.models.count() == 2


def test_the_chosen_network_analyses_from_now_on(qtbot, kept, tmp_path):
    used = []

    def build(model):
        used.append(model)
        return make_pipeline(model)

    saved = []
    window = MainWindow(Settings(), build, saved.append)
    qtbot.addWidget(window)
    window.show()
    window.start(Choice("fake", lambda _tell: FakeSource(still_frames(40))))
    qtbot.waitUntil(lambda: not window.running, timeout=20000)

    def choose():
        dialog = QApplication.activeModalWidget()
        dialog.add(copied(tmp_path / "mine", renamed))
        qtbot.mouseClick(dialog.use_button, Qt.MouseButton.LeftButton)

    QTimer.singleShot(200, choose)
    window.controls.model_action.trigger()
    assert window.settings.model.startswith(str(kept))
    assert saved[-1].model == window.settings.model
    window.start(Choice("fake", lambda _tell: FakeSource(still_frames(40))))
    qtbot.waitUntil(lambda: not window.running, timeout=20000)
    assert used == ["", window.settings.model]
    window.close()


def test_a_network_that_is_gone_is_said_when_a_source_starts(qtbot, tmp_path):
    window = MainWindow(Settings(model=str(tmp_path / "gone.onnx")), save=lambda _s: None)
    qtbot.addWidget(window)
    window.show()
    window.start(Choice("fake", lambda _tell: FakeSource(still_frames(40))))
    qtbot.waitUntil(lambda: "gone.onnx" in window.page.banner.text.text(), timeout=20000)
    assert "choose another model file" in window.page.banner.text.text()
    window.close()


def test_cancelling_changes_nothing(open_window, qtbot, kept):
    window = open_window()

    def cancel():
        dialog = QApplication.activeModalWidget()
        box = dialog.findChild(QDialogButtonBox)
        qtbot.mouseClick(box.button(QDialogButtonBox.StandardButton.Cancel), Qt.MouseButton.LeftButton)

    QTimer.singleShot(200, cancel)
    window.controls.model_action.trigger()
    assert window.settings.model == ""
