"""The window on a real X display (Xvfb), with the platform plugin and system libraries that a desktop uses."""

import os
import shutil
import subprocess
import sys

import cv2
import pytest

from tests.helpers import still_frames, write_video

pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")

_LOOK = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from app.settings import Settings
from app.ui.choices import recording_choice
from app.ui.main_window import MainWindow

application = QApplication([])
window = MainWindow(Settings(), save=lambda settings: None)
window.show()
window.start(recording_choice(Path(sys.argv[1])))

def look():
    if window.page.video.displayed > 10 or not window.running:
        QGuiApplication.primaryScreen().grabWindow(0).save(sys.argv[2])
        window.close()
        print(application.platformName(), window.page.video.displayed)
        application.quit()

timer = QTimer()
timer.timeout.connect(look)
timer.start(100)
application.exec()
"""


@pytest.fixture
def display():
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    assert number, "Xvfb did not start"
    yield f":{number}"
    server.terminate()
    server.wait(timeout=20)


def test_a_person_at_a_real_display_sees_the_face(display, tmp_path):
    clip = write_video(tmp_path / "still.mp4", [f.image for f in still_frames(90)])
    environment = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY")}
    done = subprocess.run(
        [sys.executable, "-c", _LOOK, str(clip), str(tmp_path / "screen.png")],
        env={**environment, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    platform, displayed = done.stdout.split()
    assert platform == "xcb"
    assert int(displayed) > 10
    screen = cv2.imread(str(tmp_path / "screen.png"))
    # The video fills the window's left: skin, more red than blue, where the face is.
    face = screen[250:450, 330:480].reshape(-1, 3).mean(axis=0)
    assert face[2] > face[0] + 20
