"""A psychologist reviews a session: judging, moving, undoing, closing and going on, exporting, comparing raters."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QListWidget,
    QMessageBox,
    QPushButton,
    QTableView,
)

from app.session.session import Session
from app.settings import Settings
from app.ui.review.actions import COMMANDS
from app.ui.review.agreement_dialog import AgreementDialog
from app.ui.review.export_dialog import ExportDialog
from app.ui.review.window import ReviewWindow
from assets import ASTANN_ONNX
from tests.app.session.test_exports import check_eaf

BUTTONS = ("&New project …", "&Open a project …")


@pytest.fixture
def project(demo_folder, demo_analysis, tmp_path):
    """A project with the demo's recording, analysed."""
    video = tmp_path / "videos" / "session.mkv"
    video.parent.mkdir()
    shutil.copyfile(next(demo_folder.glob("*.mkv")), video)
    path = tmp_path / "study.fleeting"
    with Session(path, create=True) as session:
        session.store_analysis(session.add_recording(video).id, demo_analysis)
    return path


@pytest.fixture
def open_review(qtbot):
    windows = []

    def open_(project=None, **settings):
        window = ReviewWindow(Settings(**settings), lambda _s: None)
        windows.append(window)
        window.show()
        window.activateWindow()
        with qtbot.waitActive(window):
            pass
        if project is not None:
            window.open_project(project)
            qtbot.waitUntil(lambda: window.view.has_picture, timeout=20000)
        return window

    yield open_
    for window in windows:
        window.close()
        window.deleteLater()


def press(qtbot, window, key, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(window, key, modifier)


def marks(window):
    return window.session.marks(window.viewing.number)


def test_a_whole_review_with_the_keyboard_alone(open_review, project, qtbot, tmp_path):
    window = open_review(project)
    assert window.table.model.rowCount() >= 5
    press(qtbot, window, Qt.Key.Key_A)
    press(qtbot, window, Qt.Key.Key_Down)
    press(qtbot, window, Qt.Key.Key_R)
    press(qtbot, window, Qt.Key.Key_Down)
    press(qtbot, window, Qt.Key.Key_3)  # relabelled, and so accepted
    onset = window.table.current.onset
    press(qtbot, window, Qt.Key.Key_Q)
    press(qtbot, window, Qt.Key.Key_Left)
    press(qtbot, window, Qt.Key.Key_I)  # the onset a frame earlier
    first, second, third = marks(window)
    assert [m.verdict for m in (first, second, third)] == ["accepted", "rejected", "accepted"]
    assert third.label == "surprise"
    times = window.viewing.analysis.times
    assert third.onset in times
    assert 0.0 < onset - third.onset < 0.08
    press(qtbot, window, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    press(qtbot, window, Qt.Key.Key_Insert)
    press(qtbot, window, Qt.Key.Key_1)
    window.judging.add_note("looks at the door")
    added = next(m for m in marks(window) if m.verdict == "added")
    assert added.label == "negative"
    assert window.table.current.mark.id == added.id
    press(qtbot, window, Qt.Key.Key_Tab)
    assert window.table.current.verdict == ""
    kept = marks(window)
    window.close()

    again = open_review(project)
    assert marks(again) == kept
    assert "4 of" in again.recordings.list.item(0).text() or "3 of" in again.recordings.list.item(0).text()
    for _ in range(3):  # note, label, added event
        press(qtbot, again, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert [m.verdict for m in marks(again)] == ["accepted", "rejected", "accepted"]
    press(qtbot, again, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert "added" in [m.verdict for m in marks(again)]
    dialog = ExportDialog(again.session, again.viewing.number, str(tmp_path), ASTANN_ONNX, again)
    dialog.place.setText(str(tmp_path / "out"))
    dialog.figures.setChecked(True)
    dialog.write()
    qtbot.waitUntil(lambda: bool(dialog.said), timeout=60000)
    assert "report.pdf" in dialog.said
    assert (tmp_path / "out" / "report.pdf").read_bytes().startswith(b"%PDF")
    assert "R1" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    drawn = {p.suffix for p in (tmp_path / "out" / "session" / "figures").iterdir()}
    assert drawn == {".mkv", ".png", ".svg"}
    files = {p.name for p in (tmp_path / "out" / "session").iterdir()}
    assert {"events.csv", "frames.csv", "session.eaf", "session.TextGrid", "session.vtt", "events.json"} <= files
    assert any(name.startswith("R1") for name in check_eaf(tmp_path / "out" / "session" / "session.eaf"))
    dialog.deleteLater()


def test_a_recording_that_is_opened_never_shows_the_picture_of_the_one_before(open_review, project, qtbot):
    window = open_review(project)
    window.open_recording(window.viewing.number)
    assert not window.view.has_picture
    assert window.view.message == "Opening session.mkv …"
    qtbot.waitUntil(lambda: window.view.has_picture, timeout=20000)
    assert not window.view.message


def test_a_recording_that_cannot_be_read_any_more_says_so_in_its_place(open_review, project, qtbot):
    window = open_review(project)
    window.session.recording(window.viewing.number).path.write_bytes(b"no video any more")
    window.open_recording(window.viewing.number)
    qtbot.waitUntil(lambda: "cannot be opened" in window.view.message, timeout=20000)
    assert window.banner.isVisible()


def test_frames_playing_flicker_zoom_and_amplified_motion(open_review, project, qtbot):
    window = open_review(project)
    window.viewing.show_frame(100)
    press(qtbot, window, Qt.Key.Key_Right)
    press(qtbot, window, Qt.Key.Key_Right)
    press(qtbot, window, Qt.Key.Key_Left)
    assert window.viewing.index == 101
    press(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.viewing.index > 110, timeout=10000)
    press(qtbot, window, Qt.Key.Key_Space)
    here = window.viewing.index
    qtbot.wait(200)
    assert window.viewing.index == here
    press(qtbot, window, Qt.Key.Key_F)
    row = window.table.current
    pair = {window.viewing.frame_at(row.onset), window.viewing.frame_at(row.apex)}
    seen = set()
    qtbot.waitUntil(lambda: seen.add(window.viewing.index) or pair <= seen, timeout=5000)
    press(qtbot, window, Qt.Key.Key_F)
    window.viewing.show_frame(300)
    qtbot.keyPress(window, Qt.Key.Key_C)
    assert window.viewing.index == window.viewing.frame_at(row.onset)
    qtbot.keyRelease(window, Qt.Key.Key_C)
    assert window.viewing.index == 300
    press(qtbot, window, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    assert "apex and offset in turn" in window.view.mark
    press(qtbot, window, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    press(qtbot, window, Qt.Key.Key_W)
    qtbot.wait(300)
    plain = window.view.grab().toImage()
    for _ in range(3):
        press(qtbot, window, Qt.Key.Key_Plus)
    assert window.viewing.factor == 8.0
    assert "not as it was filmed" in window.view.mark
    qtbot.waitUntil(lambda: window.view.grab().toImage() != plain, timeout=10000)
    amplified = window.view.grab().toImage()
    for key, words in ((Qt.Key.Key_V, "direction of the motion"), (Qt.Key.Key_H, "where the network looked")):
        press(qtbot, window, key)
        assert words in window.view.mark
        qtbot.waitUntil(lambda: window.view.grab().toImage() != amplified, timeout=10000)
    press(qtbot, window, Qt.Key.Key_Z)
    qtbot.waitUntil(lambda: window.view._face is not None, timeout=20000)
    assert window.view._source(window.view._image).width() < window.view._image.width()
    press(qtbot, window, Qt.Key.Key_L)  # round and round about the event
    first, last = window.viewing.frame_at(row.onset - 0.4), window.viewing.frame_at(row.offset + 0.4)
    qtbot.wait(1500)
    assert first <= window.viewing.index <= last
    assert window.viewing.playing
    press(qtbot, window, Qt.Key.Key_L)  # what goes round stops where it is
    qtbot.wait(300)
    stopped = window.view.grab().toImage()
    qtbot.wait(500)
    assert not window.viewing.playing
    assert window.view.grab().toImage() == stopped


def test_the_timeline_zooms_chooses_and_follows(open_review, project, qtbot):
    window = open_review(project)
    whole = window.timeline.span
    press(qtbot, window, Qt.Key.Key_Down)
    press(qtbot, window, Qt.Key.Key_Return)
    near = window.timeline.span
    assert near[1] - near[0] < 0.4 * (whole[1] - whole[0])
    row = window.table.current
    assert near[0] < row.onset < row.offset < near[1]
    window.timeline.sought.emit(20.0)
    assert window.viewing.now == pytest.approx(20.0, abs=0.02)
    left, right = window.timeline.span
    assert left <= 20.0 <= right
    other = window.table.shown[-1]
    window.timeline.chosen.emit(other.key)
    assert window.table.current.key == other.key
    press(qtbot, window, Qt.Key.Key_Home)
    assert window.timeline.span == pytest.approx(whole)


def test_a_wish_that_cannot_be_is_explained_and_changes_nothing(open_review, project, qtbot):
    window = open_review(project)
    row = window.table.current
    window.viewing.show_frame(window.viewing.frame_at(row.offset) + 20)
    press(qtbot, window, Qt.Key.Key_I)
    assert "come in this order" in window.banner.text.text()
    assert marks(window) == []


def every_text(window):
    texts = [label.text() for label in window.findChildren(QLabel)]
    for table in window.findChildren(QTableView):
        model = table.model()
        texts += [str(model.index(r, c).data()) for r in range(model.rowCount()) for c in range(model.columnCount())]
        texts += [
            str(model.index(r, c).data(Qt.ItemDataRole.ToolTipRole))
            for r in range(model.rowCount())
            for c in range(model.columnCount())
        ]
        texts += [
            str(model.index(r, c).data(Qt.ItemDataRole.DecorationRole))
            for r in range(model.rowCount())
            for c in range(model.columnCount())
        ]
    for box in window.findChildren(QListWidget):
        texts += [box.item(i).text() for i in range(box.count())]
    return " ".join(texts)


def test_a_blind_rater_learns_nothing_of_the_models_opinion(open_review, project, qtbot):
    window = open_review(project)
    words = {e.label for e in window.viewing.analysis.events if e.label} | {"99%", "98%", "blink", "speech"}
    assert any(word in every_text(window) for word in words)
    press(qtbot, window, Qt.Key.Key_B)
    for _ in range(window.table.model.rowCount()):
        press(qtbot, window, Qt.Key.Key_Down)
        shown = every_text(window)
        assert not [word for word in words if word and word in shown], shown
    lanes = [bar.colour for lane in window.timeline._lanes._lanes for bar in lane]
    assert len(set(lanes)) == 1  # no colour tells a label
    assert len(window.timeline._lanes._lanes) == 2  # nor does a lane of blinks and speech
    assert not window.buttons["show_agreement"].isEnabled()
    press(qtbot, window, Qt.Key.Key_H)
    assert not window.viewing.attention
    press(qtbot, window, Qt.Key.Key_K)
    assert {row.kind for row in window.table.model.rows} == {"micro"}
    press(qtbot, window, Qt.Key.Key_A)
    assert marks(window)[-1].label == ""  # accepting does not take the model's label over


def test_two_raters_are_compared_with_figures_a_hand_can_check(open_review, project, qtbot):
    window = open_review(project)
    rows = [row for row in window.table.shown if row.kind == "micro"]
    assert len(rows) == 6
    for row, verdict in zip(rows, "AAAARR", strict=True):
        window.table.select(row.key)
        press(qtbot, window, Qt.Key.Key_A if verdict == "A" else Qt.Key.Key_R)
    window.rater_box.setText("R2")
    window.rater_box.editingFinished.emit()
    assert all(row.verdict == "" for row in window.table.shown)  # the second rater starts anew
    for row, verdict in zip(rows, "AARAAR", strict=True):
        window.table.select(row.key)
        press(qtbot, window, Qt.Key.Key_A if verdict == "A" else Qt.Key.Key_R)
    window.table.select(rows[0].key)
    press(qtbot, window, Qt.Key.Key_4)
    dialog = AgreementDialog(window.session, window.viewing.number, window)
    cells = {
        dialog.table.item(r, 0).text(): [dialog.table.item(r, c).text() for c in range(1, 5)]
        for r in range(dialog.table.rowCount())
    }
    # R1 accepts 1-4, R2 accepts 1, 2, 4, 5: three are shared, so F1 is 2*3/8. One of the three is called otherwise.
    assert cells["R1 and R2"][:3] == ["4 and 4", "3", "0.75"]
    labels = [rows[i].event.label for i in (0, 1, 3)]
    chance = sum((labels.count(n) / 3) * ((["unsure", *labels[1:]]).count(n) / 3) for n in {*labels, "unsure"})
    assert float(cells["R1 and R2"][3]) == pytest.approx((2 / 3 - chance) / (1 - chance), abs=0.006)
    assert cells["model and R1"][:3] == ["6 and 4", "4", "0.80"]
    row = list(cells).index("R1 and R2")
    dialog.table.setCurrentCell(row, 0)
    texts = [dialog.list.item(i).text() for i in range(dialog.list.count())]
    assert sum("only R1" in t for t in texts) == sum("only R2" in t for t in texts) == 1
    assert sum("unsure" in t for t in texts) == 1
    visited = []
    dialog.chosen.connect(lambda number, time: visited.append((number, time)))
    dialog.list.itemClicked.emit(dialog.list.item(0))
    assert visited[0][0] == window.viewing.number
    dialog.close()


def test_notes_are_read_rewritten_and_removed_and_participants_get_codes(open_review, project, qtbot):
    window = open_review(project)
    window.viewing.show_frame(90)
    window.judging.add_note("looks at the door")
    assert window.notes.item(0).text() == "0:00:03.00  R1: looks at the door"
    window.viewing.show_frame(10)
    window.notes.itemClicked.emit(window.notes.item(0))
    assert window.viewing.index == 90
    window.judging.rewrite_note(window.session.notes(window.viewing.number)[0], "looks at the window")
    assert "window" in window.notes.item(0).text()
    window.judging.rewrite_note(window.session.notes(window.viewing.number)[0], " ")
    assert window.notes.isHidden()
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert "window" in window.notes.item(0).text()
    window.editor.code.setText("K-07")
    window.editor.code.editingFinished.emit()
    assert {window.table.model.index(r, 2).data() for r in range(window.table.model.rowCount())} == {"K-07"}
    window.editor.code.setText("")
    window.editor.code.editingFinished.emit()
    assert window.editor.code.text() == "K-07"


def test_a_recording_is_removed_with_all_that_was_said_of_it(open_review, project, qtbot, tmp_path):
    window = open_review(project)
    number = window.viewing.number
    press(qtbot, window, Qt.Key.Key_A)
    window.remove_recording(number)
    assert window.session.recordings() == []
    assert window.session._db.execute("SELECT count(*) FROM marks").fetchone()[0] == 0
    assert window.recordings.list.count() == 0
    assert next((tmp_path / "videos").iterdir()).exists()
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)  # nothing comes back
    assert window.session._db.execute("SELECT count(*) FROM marks").fetchone()[0] == 0


def test_a_moved_recording_is_found_again(open_review, project, qtbot, tmp_path):
    video = next((tmp_path / "videos").iterdir())
    (tmp_path / "archive").mkdir()
    moved = tmp_path / "archive" / "renamed.mkv"
    shutil.move(video, moved)
    window = ReviewWindow(Settings(), lambda _s: None)
    qtbot.addWidget(window)
    window.open_project(project)
    qtbot.waitUntil(lambda: "is not at its place any more" in window.view.message, timeout=20000)
    assert "session.mkv" in window.banner.text.text()
    assert not window.recordings.find_button.isHidden()
    window.judging.accept()  # judging goes on
    assert len(marks(window)) == 1
    window.find_recording(tmp_path / "archive")
    qtbot.waitUntil(lambda: window.view.has_picture, timeout=20000)
    assert window.session.recording(window.viewing.number).path == moved
    window.close()


def test_a_recording_that_is_replaced_while_it_is_open_is_said_and_no_work_is_lost(
    open_review, project, qtbot, tmp_path
):
    window = open_review(project)
    video = next((tmp_path / "videos").iterdir())
    content = video.read_bytes()
    video.write_bytes(content[:200] + bytes(len(content) // 8))  # the same file, overwritten in place
    window.viewing.show_frame(len(window.session.analysis(window.viewing.number).times) - 2)
    qtbot.waitUntil(lambda: "changed since it was analysed" in window.banner.text.text(), timeout=20000)
    window.judging.accept()
    assert len(marks(window)) == 1
    # Put back, it can be seen again.
    video.write_bytes(content)
    number = window.viewing.number
    window.close()
    again = open_review(project)
    assert again.session.marks(number)[0].verdict == "accepted"


def test_a_second_window_on_the_same_project_is_refused(open_review, project, qtbot):
    first = open_review(project)
    second = open_review()
    second.open_project(project)
    assert "open in another window" in second.banner.text.text()
    assert second.session is None
    first.open_project(project)  # its own is no other window's
    assert first.banner.isHidden()
    first.judging.accept()
    assert len(marks(first)) == 1


KILLED = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from pathlib import Path
from app.settings import Settings
from app.ui.start import make_application
application = make_application()
from app.ui.review.window import ReviewWindow
window = ReviewWindow(Settings(), lambda _s: None)
window.open_project(Path(sys.argv[1]))
for n in range(10_000):
    window.viewing.show_frame(20 + n % 700)
    window.judging.add_here()
    application.processEvents()
    print(window.table.current.mark.id, flush=True)
"""


def test_a_killed_window_loses_nothing_it_showed(open_review, project, qtbot):
    worker = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(project)], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    seen = [worker.stdout.readline() for _ in range(12)]
    time.sleep(0.1)
    worker.send_signal(signal.SIGKILL)
    seen += worker.stdout.read().split("\n")[:-1]
    worker.wait()
    window = open_review(project)
    assert {int(line) for line in seen} <= {mark.id for mark in marks(window)}
    assert window.banner.isHidden()  # nothing had to be recovered


def test_a_recording_is_added_analysed_and_opened_by_itself(open_review, qtbot, tmp_path, demo_folder):
    window = open_review()
    assert window.pages.currentIndex() == 0
    window.open_project(tmp_path / "new.fleeting", create=True)
    assert "Add recordings" in window.view.message
    video = tmp_path / "v.mkv"
    shutil.copyfile(next(demo_folder.glob("*.mkv")), video)
    window.project.add([video, tmp_path / "nothing.mkv"])
    assert "nothing.mkv cannot be read" in window.banner.text.text()
    qtbot.waitUntil(lambda: "analysed" in window.recordings.list.item(0).text(), timeout=60000)
    qtbot.waitUntil(lambda: window.view.has_picture, timeout=120000)
    assert window.table.model.rowCount() >= 5
    assert window.settings.last_project == str(tmp_path / "new.fleeting")


def test_what_is_asked_for_in_dialogs_may_be_called_off(open_review, project, qtbot, tmp_path, monkeypatch):
    answers = {}
    for name in ("getSaveFileName", "getOpenFileName", "getExistingDirectory", "getOpenFileNames"):
        monkeypatch.setattr(QFileDialog, name, staticmethod(lambda *_a, name=name: answers[name]))
    monkeypatch.setattr(QMessageBox, "question", staticmethod(lambda *_a: answers["question"]))
    window = open_review()
    page = window.pages.currentWidget()
    new, open_ = (next(b for b in page.findChildren(QPushButton) if b.text() == text) for text in BUTTONS)

    answers["getSaveFileName"] = answers["getOpenFileName"] = ("", "")
    qtbot.mouseClick(new, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(open_, Qt.MouseButton.LeftButton)
    assert window.session is None
    assert list(tmp_path.glob("*.fleeting")) == [project]

    answers["getOpenFileName"] = (str(project), "")
    qtbot.mouseClick(open_, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.view.has_picture, timeout=20000)
    (number,) = (recording.id for recording in window.session.recordings())
    answers["question"] = QMessageBox.StandardButton.No
    window.recordings.remove.emit(number)
    answers["getOpenFileNames"], answers["getExistingDirectory"] = ([], ""), ""
    qtbot.mouseClick(window.recordings.add_button, Qt.MouseButton.LeftButton)
    window.recordings.find_moved.emit()
    assert [recording.id for recording in window.session.recordings()] == [number]
    answers["question"] = QMessageBox.StandardButton.Yes
    window.recordings.remove.emit(number)
    assert window.session.recordings() == []

    # Another project instead, with the key and with the menu under the project's name.
    answers["getSaveFileName"] = (str(tmp_path / "second"), "")  # nobody types the suffix
    press(qtbot, window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert window.session.path == tmp_path / "second.fleeting"
    assert window.recordings.project_button.text() == "second"
    _new, other = window.recordings.project_menu.actions()
    other.trigger()
    assert window.session.path == project
    answers["getOpenFileName"] = (str(tmp_path / "second.fleeting"), "")
    press(qtbot, window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    assert window.windowTitle().startswith("second")
    video = next((tmp_path / "videos").iterdir())
    answers["getOpenFileNames"] = ([str(video)], "")
    qtbot.mouseClick(window.recordings.add_button, Qt.MouseButton.LeftButton)
    assert [recording.name for recording in window.session.recordings()] == ["session.mkv"]
    assert window.settings.last_folder == str(video.parent)


def test_every_key_is_on_the_sheet_and_does_something(open_review, qtbot):
    window = open_review()
    keys = [command.keys for command in COMMANDS]
    assert len(set(keys)) == len(keys)
    assert all(callable(window.command(command.name)) for command in COMMANDS)
    from PySide6.QtCore import QTimer

    def look():
        dialog = QApplication.activeModalWidget()
        text = " ".join(label.text() for label in dialog.findChildren(QLabel))
        assert all(command.text in text for command in COMMANDS)
        dialog.close()

    QTimer.singleShot(200, look)
    press(qtbot, window, Qt.Key.Key_F1)


def test_the_export_dialog_says_what_cannot_be_written(open_review, project, qtbot, tmp_path):
    window = open_review(project)
    (tmp_path / "taken").write_text("a file, not a folder")
    dialog = ExportDialog(window.session, window.viewing.number, str(tmp_path), ASTANN_ONNX, window)
    dialog.place.setText(str(tmp_path / "taken"))
    qtbot.mouseClick(dialog.write_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "cannot be written" in dialog.problem.text(), timeout=20000)
    assert dialog.write_button.isEnabled()
    assert dialog.said == ""
    assert dialog.findChild(QDialogButtonBox) is not None
    dialog.deleteLater()


def test_the_windows_layout_is_remembered(qtbot, project):
    saved = []
    window = ReviewWindow(Settings(), saved.append)
    window.show()
    window.resize(790, 720)  # within the offscreen screen
    window.open_project(project)
    window._splitters[1].setSizes([300, 400])
    sizes = window._splitters[1].sizes()
    window.close()
    again = ReviewWindow(saved[-1], saved.append)
    again.show()
    again.open_project(Path(saved[-1].last_project))
    assert (again.width(), again.height()) == (790, 720)
    assert np.allclose(again._splitters[1].sizes(), sizes, atol=12)
    again.close()
