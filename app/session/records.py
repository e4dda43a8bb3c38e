"""What a project knows of its recordings. Times are seconds from a recording's first frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Verdict = Literal["accepted", "rejected", "added"]
Status = Literal["waiting", "running", "paused", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Rater:
    """Somebody who judges, by a code of their own."""

    id: int
    code: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording of the project; the file itself is never written to.

    Attributes:
        id: Its number in the project.
        path: Where it was last seen.
        name: What to call it.
        size: Bytes.
        fingerprint: Of its content, to know it again when it was moved.
        status: How far its analysis is.
        problem: Why it failed, or empty.
    """

    id: int
    path: Path
    name: str
    size: int
    fingerprint: str
    status: Status
    problem: str


@dataclass(frozen=True, slots=True)
class Found:
    """A movement that the model found.

    Attributes:
        id: Its number in the project; 0 before it is stored.
        face: Track number of the face.
        number: Counts from 1 within its kind.
        kind: ``micro``, or what else it was.
        label: The model's guess, or empty.
        confidence: Probability of that guess.
        onset: Seconds.
        apex: Seconds.
        offset: Seconds.
        details: Everything else that is told in ``events.json``.
    """

    id: int
    face: int
    number: int
    kind: str
    label: str
    confidence: float | None
    onset: float
    apex: float
    offset: float
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a rater said of a movement: the model's, or one they saw themselves.

    Attributes:
        id: Its number in the project.
        recording: The recording's.
        rater: The rater's.
        event: The model's event that it judges; None for one that was added, or whose analysis is gone.
        verdict: ``accepted``, ``rejected`` or ``added``.
        face: Track number of the face.
        label: As the rater names it.
        onset: Seconds, as the rater sees it.
        apex: Seconds.
        offset: Seconds.
        note: In the rater's words.
    """

    id: int
    recording: int
    rater: int
    event: int | None
    verdict: Verdict
    face: int
    label: str
    onset: float
    apex: float
    offset: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark on a moment."""

    id: int
    recording: int
    rater: int
    time: float
    text: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an analysis found.

    Attributes:
        facts: Model, settings, program, frames: as in ``metadata.json``.
        times: ``float64 [n]`` seconds of every frame.
        motion: ``float32 [n, 3]`` displacement from rest of brows, eyelids and lower face, percent of the inter-ocular
            distance, the largest over the faces; NaN where none was seen.
        events: All movements, by onset.
        finished: When, as ISO 8601.
    """

    facts: dict[str, Any]
    times: npt.NDArray[np.float64]
    motion: npt.NDArray[np.float32]
    events: tuple[Found, ...]
    finished: str = ""

    def frame_at(self, time: float) -> int:
        """Index of the frame nearest a time."""
        right = int(np.clip(np.searchsorted(self.times, time), 0, len(self.times) - 1))
        nearer_before = right > 0 and time - self.times[right - 1] <= self.times[right] - time
        return right - 1 if nearer_before else right
