"""Nothing leaves the machine: the program is run under strace, and any internet socket fails the test."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.helpers import still_frames, write_video

_SOCKET = re.compile(r"socket\((AF_INET6?|AF_PACKET|AF_NETLINK)")
_CONNECT = re.compile(r"(connect|sendto|sendmsg)\(.*AF_INET")

_WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.settings import Settings
from app.ui.choices import recording_choice
from app.ui.main_window import MainWindow

application = QApplication([])
window = MainWindow(Settings(), save=lambda settings: None)
window.show()
window.cameras.look()
window.start(recording_choice(Path(sys.argv[1])))

def look():
    if not window.running:
        window.close()
        print("displayed", window.page.video.displayed)
        application.quit()

timer = QTimer()
timer.timeout.connect(look)
timer.start(100)
application.exec()
"""


def can_trace() -> bool:
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not can_trace(), reason="strace is not installed or may not trace here")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("clip") / "still.mp4", [f.image for f in still_frames(30)])


def internet_calls(arguments, log):
    command = ["strace", "-f", "-qq", "-e", "trace=network", "-o", str(log), sys.executable, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    calls = log.read_text(errors="replace").splitlines()
    return done.stdout, [c for c in calls if _SOCKET.search(c) or _CONNECT.search(c)]


def test_the_trace_would_see_a_connection(tmp_path):
    code = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('127.0.0.1', 9))"
    _, calls = internet_calls(["-c", code], tmp_path / "trace")
    assert calls


def test_the_analysis_opens_no_internet_socket(clip, tmp_path):
    output, calls = internet_calls(["-m", "app", "analyse", clip, "--out", tmp_path, "--annotate"], tmp_path / "trace")
    assert "in 30 frames (30 with a face)" in output.replace("\n", " ")
    assert calls == []


def test_the_window_opens_no_internet_socket(clip, tmp_path):
    output, calls = internet_calls(["-c", _WINDOW, clip], tmp_path / "trace")
    assert int(output.split()[-1]) > 5
    assert calls == []
