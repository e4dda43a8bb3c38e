"""Windows for the benchmarks, on a screen or without one."""

from __future__ import annotations

import os
import sys

# What Qt's offscreen platform says about itself whenever a window is laid out: hundreds of lines between the tables.
_ABOUT_ITSELF = "This plugin does not support"


def environment() -> dict[str, str]:
    """The environment for a process with windows; where there is no screen they are drawn off it."""
    own = dict(os.environ)
    if not own.get("DISPLAY") and not own.get("WAYLAND_DISPLAY"):
        own["QT_QPA_PLATFORM"] = "offscreen"
    return own


def prepare() -> None:
    """Lets this process open windows; to be called before Qt's application is made."""
    os.environ.update(environment())
    from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

    def say(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        if not text.startswith(_ABOUT_ITSELF):
            print(text, file=sys.stderr)

    qInstallMessageHandler(say)
