"""Looks for cameras without keeping the window waiting."""

from __future__ import annotations

import contextlib

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal


class CameraFinder(QObject):
    """Lists the cameras in a thread of Qt's pool and tells the window what it found."""

    found = Signal(object)
    """The list of `app.sources.camera.CameraInfo`."""
    _listed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._listed.connect(self.found, Qt.ConnectionType.QueuedConnection)

    def look(self) -> None:
        """Starts looking; `found` follows."""
        QThreadPool.globalInstance().start(self._look)

    def _look(self) -> None:
        from app.sources.camera import list_cameras

        cameras = list_cameras()
        with contextlib.suppress(RuntimeError):  # the window may be gone by now
            self._listed.emit(cameras)
