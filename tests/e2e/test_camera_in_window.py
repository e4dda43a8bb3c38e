"""What a person sees of a camera, with a scripted device in its place."""

import itertools

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.settings import Settings
from app.sources.camera import CameraInfo, CameraSource
from app.ui.choices import Choice, recording_choice
from app.ui.consent import ConsentDialog
from tests.helpers import FakeDevice, face_picture, noisy

CAMERA = CameraInfo("Desk camera", 0)


def camera_choice(device):
    return Choice(CAMERA.name, lambda _tell: CameraSource(CAMERA, lambda _i, _b: device), is_camera=True)


def live_pictures(count):
    pictures = [noisy(face_picture(), i) for i in range(7)]
    return itertools.islice(itertools.cycle(pictures), count)


def answer_consent(accept, seen):
    def answer():
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ConsentDialog)
        seen.append(dialog.windowTitle())
        (dialog.accept_button if accept else dialog.cancel_button).click()

    QTimer.singleShot(100, answer)


def test_a_camera_opens_only_after_the_consent_text_is_accepted(open_window, qtbot):
    settings, seen = Settings(), []
    window = open_window(settings)
    device = FakeDevice(live_pictures(10_000), delay=1 / 60)
    answer_consent(False, seen)
    window.start(camera_choice(device))
    assert seen == ["Before the camera opens"]
    assert not window.running
    assert settings.consent is False
    answer_consent(True, seen)
    window.start(camera_choice(device))
    assert settings.consent is True
    qtbot.waitUntil(lambda: window.page.video.displayed > 3, timeout=20000)
    window.stop()
    assert device.released == 1
    window.start(camera_choice(FakeDevice(live_pictures(10_000), delay=1 / 60)))
    assert len(seen) == 2  # asked no more
    assert window.running


def test_an_unplugged_camera_is_said_and_the_last_picture_stays(open_window, qtbot):
    window = open_window(Settings(consent=True))
    window.start(camera_choice(FakeDevice(live_pictures(20), delay=1 / 60)))
    qtbot.waitUntil(lambda: not window.running, timeout=20000)
    assert "was unplugged" in window.page.banner.text.text()
    assert window.page.video._image is not None


def test_a_slow_camera_is_warned_of(open_window, qtbot):
    window = open_window(Settings(consent=True))
    window.start(camera_choice(FakeDevice(live_pictures(10_000), delay=1 / 14)))
    qtbot.waitUntil(lambda: "frames per second" in window.page.banner.text.text(), timeout=20000)
    assert "short movements will be missed" in window.page.banner.text.text()


def test_a_camera_in_portrait_or_4k_or_tiny_is_shown(open_window, qtbot):
    for shape in ((640, 360, 3), (2160, 3840, 3), (120, 160, 3)):
        pictures = [np.random.default_rng(i).integers(0, 255, shape).astype(np.uint8) for i in range(3)]
        window = open_window(Settings(consent=True))
        window.start(camera_choice(FakeDevice(itertools.islice(itertools.cycle(pictures), 1000), delay=1 / 60)))
        qtbot.waitUntil(lambda w=window: w.page.video.displayed > 0, timeout=20000)
        target = window.page.video._target(window.page.video._image)
        assert abs(target.width() / target.height() - shape[1] / shape[0]) < 0.01
        window.stop()


def test_a_camera_plugged_in_later_is_offered_and_opened_recordings_stay(open_window, qtbot, monkeypatch, tmp_path):
    found = []
    monkeypatch.setattr("app.sources.camera.list_cameras", lambda: list(found))
    window = open_window()
    sources = window.controls.sources
    window.controls.add_choice(recording_choice(tmp_path / "talk.mp4"))
    found.append(CAMERA)
    sources.showPopup()
    qtbot.waitUntil(lambda: sources.findText("Desk camera") >= 0, timeout=5000)
    sources.hidePopup()
    assert sources.findText("talk.mp4") >= 0
    assert sources.currentText() == "talk.mp4"
    assert window.controls.choice.title == "talk.mp4"
    found.clear()
    sources.showPopup()
    qtbot.waitUntil(lambda: sources.findText("Desk camera") < 0, timeout=5000)
    sources.hidePopup()
    assert sources.currentText() == "talk.mp4"
