"""The window: how soon it is there, and how it keeps up with a 30 fps camera."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import psutil

from app.sources.base import Source
from model.frame import Frame
from tests.bench import screen
from tests.bench.pipeline import Row, demo_frames

FPS = 30.0
STILL_FRAMES = 40
"""So long nothing but the head's sway and the sensor's noise happens in the demo: until its first blink."""

_START = """
import sys, time
started = float(sys.argv[1])
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import app.ui.start as start
from app.ui.main_window import MainWindow

start.has_display = lambda: True  # offscreen is good enough to be timed
original = MainWindow.paintEvent
def painted(self, event):
    original(self, event)
    print(time.time() - started)
    QTimer.singleShot(0, QApplication.quit)
MainWindow.paintEvent = painted
start.run_window()
"""


class SteadyCamera(Source):
    """The demo's frames forwards and backwards at exactly 30 fps, by the clock, as a camera delivers them.

    Args:
        seconds: How long it runs.
        still: Only the demo's beginning, in which nothing happens: the list of events stays empty.
    """

    def __init__(self, seconds: float, *, still: bool) -> None:
        self.name, self.live, self.fps, self.frame_count = "bench camera", True, FPS, None
        self.warnings = []
        self._seconds, self._frames = seconds, STILL_FRAMES if still else None

    def frames(self) -> Iterator[Frame]:
        images = [frame.image for frame in demo_frames()[: self._frames]]
        there_and_back = itertools.cycle(images + images[-2:0:-1])
        start = time.monotonic()
        for index, image in zip(range(round(self._seconds * FPS)), there_and_back, strict=False):
            wait = start + index / FPS - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            yield Frame(index, time.monotonic() - start, image)

    def close(self) -> None:
        pass


def start_up() -> list[Row]:
    """Seconds from starting the command to the first paint of the window, warm."""
    seconds = []
    for _ in range(4):
        done = subprocess.run(
            [sys.executable, "-c", _START, str(time.time())],
            capture_output=True,
            text=True,
            check=True,
            env=screen.environment(),
        )
        seconds.append(float(done.stdout.split()[0]))
    return [{"window visible after s (median of 3, warm)": float(np.median(seconds[1:])), "slowest": max(seconds[1:])}]


def live(seconds: float, *, still: bool = False) -> list[Row]:
    """A steady 30 fps camera in the window: delays from capture to paint, losses, memory.

    Args:
        seconds: How long it is watched.
        still: Whether the face shows nothing, so that memory grows by no listed events.
    """
    screen.prepare()
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from app.settings import Settings
    from app.ui.choices import Choice
    from app.ui.main_window import MainWindow

    demo_frames()
    application = QApplication.instance() or QApplication([])
    window = MainWindow(Settings(), save=lambda _settings: None)
    window.show()
    window.start(Choice("bench camera", lambda _tell: SteadyCamera(seconds, still=still)))
    engine = window.engine
    assert engine is not None
    process = psutil.Process()
    memory: list[tuple[float, float]] = []

    def watch() -> None:
        memory.append((time.monotonic(), process.memory_info().rss / 2**20))
        if not window.running:
            application.quit()

    timer = QTimer()
    timer.timeout.connect(watch)
    timer.start(1000)
    application.exec()
    counters = engine.counters
    delays = 1e3 * np.array(window.page.video.delays)
    # The first third warms up caches, the curve and the history.
    settled = np.array(memory[len(memory) // 3 :])
    slope = np.polyfit(settled[:, 0], settled[:, 1], 1)[0] * 60 if len(settled) > 2 else 0.0
    displayed = window.page.video.displayed
    window.page.events.events.show_all_kinds(True)
    listed = window.page.events.events.rowCount()
    window.close()
    return [
        {
            "minutes": seconds / 60,
            "captured": counters.captured,
            "analysed": counters.analysed,
            "lost": counters.dropped_analysis,
            "displayed": displayed,
            "events": listed,
            "capture-to-paint median ms": float(np.median(delays)),
            "p95 ms": float(np.percentile(delays, 95)),
            "p99 ms": float(np.percentile(delays, 99)),
            "memory MB": float(settled[-1, 1]),
            "slope MB/min": float(slope),
        }
    ]
