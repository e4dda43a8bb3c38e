"""Which frames make a key frame: those that show the same, since the sensor's noise differs from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

# About the apex, this share of the movement's duration to each side: the skin is at 88 % of its peak there on average.
_APEX_SHARE: Final = 0.2
# At rest, so many seconds (two frames more at 30 fps) away from the movement.
_REST_S: Final = 0.067
# Time stamps are equal within so many seconds.
_SAME_TIME_S: Final = 1e-6

Span = tuple[float, float]
"""First and last moment, seconds."""


class KeySpans(NamedTuple):
    """From when to when the frames lie that each key frame is the mean of; both ends belong to it."""

    before: Span
    onset: Span
    apex: Span
    offset: Span


def key_spans(before: float, onset: float, apex: float, offset: float) -> KeySpans:
    """The spans of a movement.

    Args:
        before: Seconds of the frame one spacing (onset to apex) before the onset.
        onset: Of the last frame at rest.
        apex: Of the frame of the largest displacement.
        offset: Of the first frame at rest again.
    """
    about = _APEX_SHARE * (offset - onset)
    spans = (
        (before - _REST_S, before),
        (onset - _REST_S, onset),
        (apex - about, apex + about),
        (offset, offset + _REST_S),
    )
    return KeySpans(*((start - _SAME_TIME_S, end + _SAME_TIME_S) for start, end in spans))


def mean_crop(crops: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
    """Mean of crops of one size that were cut alike; at least one."""
    if len(crops) == 1:
        return crops[0]
    return np.asarray(np.rint(np.mean(crops, axis=0, dtype=np.float32)), dtype=np.uint8)
