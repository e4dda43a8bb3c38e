from __future__ import annotations

from pathlib import Path

import platformdirs
from PySide6.QtCore import QDateTime
from PySide6.QtWidgets import QWidget

from app.errors import OutputError


def save_snapshot(widget: QWidget) -> Path:
    """Saves what a widget shows as a picture in the user's pictures folder.

    Raises:
        OutputError: If it cannot be written.
    """
    stamp = QDateTime.currentDateTime().toString("yyyy-MM-dd HH.mm.ss.zzz")
    path = platformdirs.user_pictures_path() / "Fleeting" / f"Fleeting {stamp}.png"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        saved = widget.grab().save(str(path))
    except OSError:
        saved = False
    if not saved:
        if path.parent.is_dir():
            path.unlink(missing_ok=True)
        raise OutputError(f"The snapshot {path} cannot be written. Free some space or check the folder's permissions.")
    return path
