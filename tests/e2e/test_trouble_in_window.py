from app.errors import SourceError
from app.ui.choices import Choice, recording_choice
from model.errors import ModelError
from tests.helpers import FakeSource, still_frames


def test_a_missing_file_is_said_in_the_window(open_window, qtbot, tmp_path):
    window = open_window()
    window.open_recording(tmp_path / "gone.mp4")
    qtbot.waitUntil(lambda: not window.running, timeout=20000)
    assert "gone.mp4 does not exist" in window.page.banner.text.text()


def test_a_damaged_network_is_said_in_the_window(open_window, qtbot):
    def refuse(_model):
        raise ModelError("The network astann.onnx is damaged.")

    window = open_window(build_pipeline=refuse)
    window.start(Choice("fake", lambda _tell: FakeSource(still_frames(5))))
    qtbot.waitUntil(lambda: not window.running, timeout=20000)
    assert "astann.onnx is damaged" in window.page.banner.text.text()


def test_a_recording_that_breaks_off_keeps_its_picture_and_says_why(open_window, qtbot):
    window = open_window()
    source = FakeSource(still_frames(5), error=SourceError("talk.mp4 is cut off."))
    window.start(Choice("talk.mp4", lambda _tell: source))
    qtbot.waitUntil(lambda: not window.running, timeout=20000)
    assert "talk.mp4 is cut off." in window.page.banner.text.text()
    assert window.page.video._image is not None


def test_starting_another_source_replaces_the_first(open_window, qtbot, tmp_path):
    window = open_window()
    first = FakeSource(still_frames(60))
    window.start(Choice("first", lambda _tell: first))
    qtbot.waitUntil(lambda: window.page.video.displayed > 1, timeout=20000)
    window.start(recording_choice(tmp_path / "gone.mp4"))
    assert first.closed == 1
    qtbot.waitUntil(lambda: not window.running, timeout=20000)
