"""What the workers hand to the window."""

from __future__ import annotations

from dataclasses import dataclass

from model.frame import Frame
from model.pipeline import FaceState


@dataclass(frozen=True, slots=True)
class View:
    """The newest analysed frame.

    Attributes:
        frame: The frame.
        faces: Its faces.
        captured_at: Seconds on the monotonic clock at which it left the source.
    """

    frame: Frame
    faces: tuple[FaceState, ...]
    captured_at: float


@dataclass(frozen=True, slots=True)
class MotionPoint:
    """One point of the motion curve: seconds, and percent of the inter-ocular distance (None without a face)."""

    time: float
    motion: float | None


@dataclass(frozen=True, slots=True)
class Counters:
    """Frames so far, each kind counted where it happens.

    Attributes:
        captured: Delivered by the source.
        analysed: Passed through the pipeline.
        dropped_analysis: Lost because the analysis was too slow (cameras only).
        dropped_display: Analysed, but replaced by a newer one before the window took it.
        fps: Measured rate of capture over the last seconds, 0 while unknown.
    """

    captured: int
    analysed: int
    dropped_analysis: int
    dropped_display: int
    fps: float
