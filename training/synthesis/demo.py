"""The demo recording: six micro-expressions on a public-domain portrait, with the truth written beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from model.muscles import load_muscles
from training.synthesis.habits import Blink, Speech
from training.synthesis.portrait import Portrait
from training.synthesis.recording import Movement, Recording, Script, write_recording
from training.synthesis.timecourse import TimeCourse

DEMO_VERSION: Final = 2
"""Raised whenever the rendered demo changes, so that nobody keeps an old one."""
VIDEO_NAME: Final = "demo.mkv"
TRUTH_NAME: Final = "demo.truth.json"

# scikit-image's astronaut (NASA, public domain): the part around head and shoulders, as rows and columns,
# enlarged so that the eyes lie about 97 px apart, as at a desk.
_PORTRAIT_ROWS: Final = (0, 300)
_PORTRAIT_COLUMNS: Final = (60, 400)
_PORTRAIT_SCALE: Final = 2.3


def _both(au: int, peak: float) -> dict[tuple[int, int], float]:
    return {(au, -1): peak, (au, 1): peak}


DEMO_SCRIPT: Final = Script(
    duration=26.0,
    fps=30.0,
    movements=(
        Movement("surprise", TimeCourse(3.010, 3.140, 3.330), {**_both(1, 0.018), **_both(2, 0.018)}),
        Movement("negative", TimeCourse(6.420, 6.570, 6.790), {**_both(4, 0.020)}),
        Movement("positive", TimeCourse(9.530, 9.700, 9.930), {**_both(6, 0.013), **_both(12, 0.018)}),
        Movement("negative", TimeCourse(15.250, 15.370, 15.520), {**_both(9, 0.016), **_both(4, 0.010)}),
        Movement(
            "surprise",
            TimeCourse(18.700, 18.800, 18.930),
            {**_both(1, 0.015), **_both(2, 0.020), **_both(5, 0.012)},
        ),
        Movement("positive", TimeCourse(21.900, 21.965, 22.060), {(12, 1): 0.025, (12, -1): 0.012}),
    ),
    blinks=(
        Blink(1.4, 0.25),
        Blink(4.7, 0.28),
        Blink(8.2, 0.24),
        Blink(13.9, 0.27),
        Blink(17.1, 0.3),
        Blink(20.4, 0.25),
        Blink(24.3, 0.26),
    ),
    speech=(Speech(11.0, 12.9, 0.05),),
    sway=1.0,
    roll=0.15,
    seed=7,
)


def demo_recording() -> Recording:
    """The demo, ready to render."""
    from skimage.data import astronaut  # only here: reading the photo costs time at import

    photo = astronaut()[slice(*_PORTRAIT_ROWS), slice(*_PORTRAIT_COLUMNS), ::-1]
    image = cv2.resize(photo, None, fx=_PORTRAIT_SCALE, fy=_PORTRAIT_SCALE, interpolation=cv2.INTER_LANCZOS4)
    portrait = Portrait.from_photo(np.asarray(image, dtype=np.uint8), load_muscles(), "the demo's portrait")
    middle = portrait.landmarks.mean(axis=0)
    return Recording(portrait, DEMO_SCRIPT, centre=(float(middle[0]), float(middle[1]) + 20.0))


def write_demo(folder: Path, progress: Callable[[int, int], None] | None = None) -> Path:
    """Renders the demo into ``folder`` and returns the video's path."""
    video = folder / VIDEO_NAME
    write_recording(demo_recording(), video, folder / TRUTH_NAME, progress)
    return video
