"""Which frames can be analysed, by their time stamps alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from enum import Enum
from typing import Final

from model.frame import Frame
from model.motion import MAX_GAP_S

# Faster sources are thinned: the shortest micro-expression lasts 10 frames at this rate, and each frame costs as much
# as at 30 fps.
FASTEST_FPS: Final = 250.0
# Time stamps are rounded to milliseconds by many containers.
_ROUNDING_S: Final = 0.0006

NO_TIME: Final = "have no time stamp"
NOT_LATER: Final = "are stamped no later than the frame before them"
TOO_FAST: Final = f"come faster than {FASTEST_FPS:g} a second"


def left_out(ignored: Mapping[str, int], source: str = "") -> list[str]:
    """What to tell a person about frames that were kept out.

    Args:
        ignored: How many, by reason.
        source: What they are frames of, if that is not plain.
    """
    frames = f"frames of {source}" if source else "frames"
    return [f"{count} {frames} {reason}; they were left out." for reason, count in ignored.items()]


class Verdict(Enum):
    """What becomes of a frame."""

    ANALYSE = "analyse"
    ANEW = "begin anew with it"
    IGNORE = "ignore"


class FrameGate:
    """Lets frames through in the order of their times and counts those it keeps out, by reason."""

    def __init__(self) -> None:
        self._last: float | None = None
        self.ignored: Counter[str] = Counter()
        """How many frames were kept out, by reason."""

    def judge(self, frame: Frame) -> Verdict:
        """What to do with the next frame of the source."""
        if not math.isfinite(frame.time):
            self.ignored[NO_TIME] += 1
            return Verdict.IGNORE
        if self._last is None:
            self._last = frame.time
            return Verdict.ANALYSE
        step = frame.time - self._last
        if step < -MAX_GAP_S:
            # The clock was set back: what came before has nothing to do with what comes now.
            self._last = frame.time
            return Verdict.ANEW
        if step <= 0.0:
            self.ignored[NOT_LATER] += 1
            return Verdict.IGNORE
        if step < 1.0 / FASTEST_FPS - _ROUNDING_S:
            self.ignored[TOO_FAST] += 1
            return Verdict.IGNORE
        self._last = frame.time
        return Verdict.ANALYSE

    def restart(self) -> None:
        """Another source begins; the counts go on."""
        self._last = None
