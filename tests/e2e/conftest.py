from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from app.settings import Settings
from app.ui.main_window import MainWindow
from model.pipeline import Pipeline


@pytest.fixture
def open_window(qtbot, recogniser) -> Iterator[Callable[..., MainWindow]]:
    """Opens windows whose settings stay in memory."""

    windows: list[MainWindow] = []

    def open_(settings: Settings | None = None, build_pipeline=None) -> MainWindow:
        window = MainWindow(
            settings or Settings(), build_pipeline or (lambda _model: Pipeline(recogniser)), lambda _s: None
        )
        windows.append(window)
        window.show()
        window.activateWindow()
        with qtbot.waitActive(window):  # shortcuts need the active window
            pass
        return window

    yield open_
    for window in windows:
        window.close()  # joins the workers
        window.deleteLater()
