"""The demo recording, rendered on first use and kept in the user's cache folder."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from app.sources.video import VideoSource
from training.synthesis.demo import DEMO_VERSION, TRUTH_NAME, VIDEO_NAME, write_demo

DEMO_TITLE: Final = "Demo recording"
# An unfinished file that nobody has written to for this long (seconds) is abandoned.
_ABANDONED_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class TrueMovement:
    """A micro-expression that the demo is known to contain; times in seconds."""

    emotion: str
    action_units: tuple[int, ...]
    onset: float
    apex: float
    offset: float


def demo_folder() -> Path:
    """Where the demo is kept."""
    return platformdirs.user_cache_path("fleeting") / f"demo-{DEMO_VERSION}"


def ensure_demo(folder: Path | None = None, progress: Callable[[int, int], None] | None = None) -> Path:
    """The demo's video file, rendered first (about 20 s) if it is not there yet."""
    folder = folder or demo_folder()
    video = folder / VIDEO_NAME
    if not (video.is_file() and (folder / TRUTH_NAME).is_file()):
        for leftover in folder.glob("*.writing"):
            # Of a rendering that was killed; a younger one may be at work in another process.
            if time.time() - leftover.stat().st_mtime > _ABANDONED_S:
                leftover.unlink(missing_ok=True)
        write_demo(folder, progress)
    return video


def open_demo(folder: Path | None = None, progress: Callable[[int, int], None] | None = None) -> VideoSource:
    """The demo as a source."""
    return VideoSource(ensure_demo(folder, progress), DEMO_TITLE)


def demo_truth(folder: Path | None = None) -> list[TrueMovement]:
    """The movements that the rendered demo contains."""
    content = json.loads(((folder or demo_folder()) / TRUTH_NAME).read_text(encoding="utf-8"))
    return [
        TrueMovement(m["emotion"], tuple(m["action_units"]), m["onset_s"], m["apex_s"], m["offset_s"])
        for m in content["movements"]
    ]
