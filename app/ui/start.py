"""Starting the window."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.doctor import has_display
from app.errors import FleetingError
from app.settings import load_settings

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


def run_window(demo: bool = False, camera: str = "") -> int:
    """Opens the window and returns when it was closed.

    Args:
        demo: Start the demo recording at once.
        camera: Start this camera at once: its number, or part of its name.

    Returns:
        Exit code.

    Raises:
        FleetingError: If there is no display, or no such camera.
    """
    _need_display("Use 'fleeting analyse VIDEO' or 'fleeting demo --headless'.")
    from PySide6.QtCore import QTimer

    from app.ui.choices import camera_choice, demo_choice
    from app.ui.main_window import MainWindow

    application = make_application()
    window = MainWindow(load_settings())
    window.show()
    QTimer.singleShot(0, window.cameras.look)
    if camera:
        from app.sources.camera import find_camera

        choice = camera_choice(find_camera(camera))
        QTimer.singleShot(0, lambda: window.open_choice(choice))
    if demo:
        QTimer.singleShot(0, lambda: window.start(demo_choice()))
    return int(application.exec())


def run_review(project: Path | None = None) -> int:
    """Opens the review and returns when it was closed.

    Args:
        project: Project file to open, or to make if it does not exist.

    Returns:
        Exit code.

    Raises:
        FleetingError: If there is no display.
    """
    _need_display("Use 'fleeting batch' and 'fleeting export'.")
    application = make_application()
    from app.ui.review.window import ReviewWindow

    window = ReviewWindow(load_settings())
    window.show()
    if project is not None:
        window.open_project(project, create=not project.exists())
    return int(application.exec())


def print_pdf(html: str, title: str, path: Path) -> None:
    """Writes a page as PDF, also where there is no display."""
    if not has_display():
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from app.ui.pdf import write_pdf

    application = QApplication.instance() or make_application()
    write_pdf(html, title, path)
    del application


def make_application() -> QApplication:
    """Qt's application, with Qt's own plugins."""
    # OpenCV brings Qt plugins of another version and points Qt at them when it is imported.
    os.environ.pop("QT_QPA_PLATFORM_PLUGIN_PATH", None)
    from PySide6.QtWidgets import QApplication

    application = QApplication(sys.argv[:1])
    application.setApplicationName("Fleeting")
    return application


def _need_display(instead: str) -> None:
    if not has_display():
        raise FleetingError(f"There is no display to open a window on. {instead}")
