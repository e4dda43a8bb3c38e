"""``fleeting doctor``: does everything that the program needs work here?"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Final

import numpy as np

from app.version import VERSION
from assets import ASTANN_ONNX
from model.errors import FleetingError

_PACKAGES: Final = (
    "mediapipe",
    "opencv-contrib-python",
    "numpy",
    "onnxruntime",
    "PySide6-Essentials",
    "pyqtgraph",
    "av",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; ``ok`` is None for plain information."""

    topic: str
    text: str
    ok: bool | None = None


def examine() -> list[Finding]:
    """Tries every part once, apart from opening a camera."""
    findings = [
        Finding("program", f"Fleeting {VERSION}, Python {platform.python_version()}, {platform.platform()}"),
        Finding("packages", ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)),
    ]
    for topic, check in (
        ("network", _network),
        ("face mesh", _face_mesh),
        ("optical flow", _flow),
        ("video", _video),
        ("window", _window),
    ):
        findings.append(_attempt(topic, check))
    findings.append(Finding("cameras", _cameras()))
    return findings


def _attempt(topic: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(topic, check(), True)
    except FleetingError as error:
        return Finding(topic, str(error), False)
    except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        return Finding(topic, f"{type(error).__name__}: {error}", False)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing"


def _network() -> str:
    from model.recognition import Recogniser

    recogniser = Recogniser(ASTANN_ONNX)
    return f"{ASTANN_ONNX.name} '{recogniser.version}', sha256 {recogniser.sha256}"


def _face_mesh() -> str:
    from model.face import FaceTracker
    from model.frame import Frame

    with FaceTracker() as tracker:
        tracker.track(Frame(0, 0.0, np.full((240, 320, 3), 128, np.uint8)))
    return "runs"


def _flow() -> str:
    from model.flow import FlowEstimator

    picture = np.zeros((128, 128), np.uint8)
    FlowEstimator().between(picture, picture)
    return "runs"


def _video() -> str:
    import av

    writing = " and writing" if "libx264" in av.codecs_available else ", no writing"
    return f"PyAV {av.__version__}, H.264 reading{writing}"


def _window() -> str:
    """Starts Qt in a process of its own: it ends the process where it finds no display."""
    code = (
        "from PySide6.QtGui import QGuiApplication; import pyqtgraph, PySide6.QtWidgets, PySide6.QtSvg; "
        "print(QGuiApplication([]).platformName())"
    )
    environment = dict(os.environ)
    note = ""
    if not has_display():
        environment["QT_QPA_PLATFORM"] = "offscreen"
        note = "; no display here, windows cannot be shown"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    if done.returncode != 0:
        problem = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        raise OSError(f"Qt does not start: {problem} {_system_packages_hint()}")
    return f"Qt platform '{done.stdout.strip()}'{note}"


def _system_packages_hint() -> str:
    if not sys.platform.startswith("linux"):
        return ""
    return "'make run' names the missing system packages."


def _cameras() -> str:
    from app.sources.camera import list_cameras

    return ", ".join(f"{c.name} (index {c.index})" for c in list_cameras()) or "none found"


def has_display() -> bool:
    """True where a window can be shown."""
    if sys.platform.startswith("linux"):
        if os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in ("offscreen", "minimal"):
            return False  # windows would open where nobody sees them
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True
