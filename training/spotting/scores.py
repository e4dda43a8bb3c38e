"""Scores of spotting: intervals matched one to one, false alarms a minute, errors in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from model.intervals import match_one_to_one


@dataclass(frozen=True, slots=True)
class Found:
    """A micro-expression that a method reports.

    Attributes:
        onset: Seconds.
        apex: Seconds.
        offset: Seconds.
        reported: Seconds of the stream at which it was reported; None for methods that need the whole recording.
    """

    onset: float
    apex: float
    offset: float
    reported: float | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    """A micro-expression that was made.

    Attributes:
        onset: Seconds.
        apex: Seconds.
        offset: Seconds.
        peak: Largest displacement, fraction of the inter-ocular distance.
    """

    onset: float
    apex: float
    offset: float
    peak: float


@dataclass(slots=True)
class Tally:
    """What a method did on one or more recordings; tallies add up.

    Attributes:
        seconds: Length of the recordings.
        true: Micro-expressions that count.
        hits: Those found.
        alarms: Reports that match no micro-expression.
        apex_errors: Seconds, one a hit: found less true.
        onset_errors: Likewise.
        offset_errors: Likewise.
        latencies: Seconds from the true offset to the report, one a hit of a live method.
    """

    seconds: float = 0.0
    true: int = 0
    hits: int = 0
    alarms: int = 0
    apex_errors: list[float] = field(default_factory=list)
    onset_errors: list[float] = field(default_factory=list)
    offset_errors: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Adds another tally to this one."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def precision(self) -> float:
        return self.hits / max(self.hits + self.alarms, 1)

    @property
    def recall(self) -> float:
        return self.hits / max(self.true, 1)

    @property
    def f1(self) -> float:
        return 2 * self.hits / max(self.true + self.hits + self.alarms, 1)

    @property
    def alarms_a_minute(self) -> float:
        return 60 * self.alarms / max(self.seconds, 1e-9)


EVERY_PEAK: Final = (0.0, float("inf"))


def tally(
    found: Sequence[Found], truth: Sequence[Truth], seconds: float, peaks: tuple[float, float] = EVERY_PEAK
) -> Tally:
    """Compares what was found in one recording with what was made.

    Micro-expressions outside ``peaks`` count neither for nor against the method, found or not.

    Args:
        found: Reports of the method.
        truth: All micro-expressions of the recording.
        seconds: Its length.
        peaks: Smallest displacement that counts and the one from which on it does not any more, fractions of the
            inter-ocular distance.
    """
    pairs = match_one_to_one([(f.onset, f.offset) for f in found], [(t.onset, t.offset) for t in truth])
    counted = [i for i, t in enumerate(truth) if peaks[0] <= t.peak < peaks[1]]
    hits = [(found[pairs[i]], truth[i]) for i in counted if i in pairs]
    return Tally(
        seconds,
        true=len(counted),
        hits=len(hits),
        alarms=len(found) - len(pairs),
        apex_errors=[f.apex - t.apex for f, t in hits],
        onset_errors=[f.onset - t.onset for f, t in hits],
        offset_errors=[f.offset - t.offset for f, t in hits],
        latencies=[f.reported - t.offset for f, t in hits if f.reported is not None],
    )


def milliseconds(errors: Sequence[float], percentile: float = 50.0) -> float:
    """A percentile of absolute errors in milliseconds; not a number if there are none."""
    return 1000 * float(np.percentile(np.abs(errors), percentile)) if len(errors) else float("nan")
