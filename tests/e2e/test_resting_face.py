import itertools
import json

from PySide6.QtCore import Qt
from typer.testing import CliRunner

from app.cli import app
from app.ui.choices import Choice
from model.frame import Frame
from tests.helpers import FakeSource, face_picture, noisy, still_frames, write_video


def test_n_teaches_the_program_the_face_at_rest(open_window, qtbot):
    pictures = [noisy(face_picture(), i) for i in range(5)]

    def endless():
        return (Frame(i, i / 30, pictures[i % 5]) for i in itertools.count())

    window = open_window()
    assert not window.controls.rest_action.isEnabled()
    window.start(Choice("fake", lambda _tell: FakeSource(endless)))
    qtbot.waitUntil(lambda: window.page.video.displayed > 3, timeout=20000)
    qtbot.keyClick(window, Qt.Key.Key_N)
    assert "neutral for 3 seconds" in window.statusBar().currentMessage()
    qtbot.waitUntil(lambda: "resting face is known" in window.page.banner.text.text(), timeout=20000)
    window.stop()


def test_a_marked_stretch_of_a_recording_is_learnt_and_written_down(tmp_path):
    clip = write_video(tmp_path / "calm.mp4", [f.image for f in still_frames(130)])
    result = CliRunner().invoke(app, ["analyse", str(clip), "--out", str(tmp_path), "--rest", "0.5-3.5"])
    assert result.exit_code == 0
    facts = json.loads((tmp_path / "calm" / "metadata.json").read_text())
    assert facts["resting"] == {"from_s": 0.5, "to_s": 3.5, "faces": 1}


def test_a_stretch_that_is_none_is_refused_with_an_example(tmp_path):
    result = CliRunner().invoke(app, ["analyse", "talk.mp4", "--out", str(tmp_path), "--rest", "three"])
    assert result.exit_code == 2
    assert "0-3" in result.output
