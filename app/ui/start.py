"""Starting the window."""

from __future__ import annotations

import os
import sys

from app.doctor import has_display
from app.errors import FleetingError
from app.settings import load_settings


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
    if not has_display():
        raise FleetingError(
            "There is no display to open a window on. Use 'fleeting analyse VIDEO' or 'fleeting demo --headless'."
        )
    # OpenCV brings Qt plugins of another version and points Qt at them when it is imported.
    os.environ.pop("QT_QPA_PLATFORM_PLUGIN_PATH", None)
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from app.ui.choices import camera_choice, demo_choice
    from app.ui.main_window import MainWindow

    application = QApplication(sys.argv[:1])
    application.setApplicationName("Fleeting")
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
