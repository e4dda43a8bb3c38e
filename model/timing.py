"""Onset, apex and offset of one movement, finer than the frame interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# The resting place is the median over this span (seconds) before the movement was noticed; the last moments
# before that already belong to its rise.
_REST_SPAN_S: Final = 0.5
_REST_GUARD_S: Final = 0.07
# The foot of a flank is where the line through these two shares of the peak reaches zero: the true beginning of a
# smooth rise is hidden in the noise.
_LOW: Final = 0.2
_HIGH: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class MovementCurve:
    """When and where one group of regions moved.

    Attributes:
        onset: Seconds.
        apex: Seconds.
        offset: Seconds.
        onset_frame: Index of the last frame at or before the onset.
        apex_frame: Index of the frame nearest the apex.
        offset_frame: Index of the first frame at or after the offset.
        strength: Largest displacement of a region at the apex, in the displacements' unit.
        regions: Indices of the group's regions.
        peaks: Displacement of each region at the apex.
    """

    onset: float
    apex: float
    offset: float
    onset_frame: int
    apex_frame: int
    offset_frame: int
    strength: float
    regions: npt.NDArray[np.intp]
    peaks: Array


def measure_curve(
    times: Array,
    frames: npt.NDArray[np.int_],
    displacements: Array,
    regions: npt.NDArray[np.intp],
    start: float,
    peak_time: float,
    end: float,
) -> MovementCurve:
    """Measures a movement of ``regions`` that was seen from ``start`` to ``end`` and peaked near ``peak_time``.

    All regions of the group are weighted by how far they went at the peak (a matched filter), which quiets the noise
    of each and ignores motion across the movement's direction.

    Args:
        times: ``[n]`` seconds, ascending.
        frames: ``[n]`` frame indices.
        displacements: ``[n, regions, 2]``.
        regions: Indices of the group's regions.
        start: Seconds.
        peak_time: Seconds.
        end: Seconds.
    """
    path = displacements[:, regions]
    resting = (times < start - _REST_GUARD_S) & (times >= start - _REST_GUARD_S - _REST_SPAN_S)
    if not resting.any():
        resting = times <= min(start, times[0])
    path = path - np.median(path[resting], axis=0)
    peak = int(np.argmin(np.abs(times - peak_time)))
    direction = path[peak]
    curve = (path * direction).sum(axis=(1, 2)) / max(float((direction**2).sum()), 1e-12)
    first = int(np.clip(np.searchsorted(times, start), 0, len(times) - 1))
    last = int(np.clip(np.searchsorted(times, end, side="right") - 1, first, len(times) - 1))
    apex = first + int(np.argmax(curve[first : last + 1]))
    height = float(curve[apex])
    # The outermost flanks: a movement with several humps (speech) lasts from its first rise to its last fall.
    strong = np.nonzero(curve[first : last + 1] >= _HIGH * height)[0] + first
    onset = _foot(times, curve, int(strong[0]), height, step=-1)
    offset = _foot(times, curve, int(strong[-1]), height, step=1)
    apex_time = _vertex(times, curve, apex)
    peaks = np.linalg.norm(path[apex], axis=1)
    first_frame, last_frame = frames_around(times, frames, onset, offset)
    return MovementCurve(
        onset=onset,
        apex=apex_time,
        offset=offset,
        onset_frame=first_frame,
        apex_frame=int(frames[apex]),
        offset_frame=last_frame,
        strength=float(peaks.max()),
        regions=regions,
        peaks=peaks,
    )


def frames_around(times: Array, frames: npt.NDArray[np.int_], onset: float, offset: float) -> tuple[int, int]:
    """The last frame at or before ``onset`` and the first at or after ``offset``, as far as there are frames."""
    before = max(0, int(np.searchsorted(times, onset, side="right")) - 1)
    behind = min(len(times) - 1, int(np.searchsorted(times, offset)))
    return int(frames[before]), int(frames[behind])


def _vertex(times: Array, curve: Array, apex: int) -> float:
    """Time of the parabola's vertex through the apex and its neighbours."""
    if not 0 < apex < len(curve) - 1:
        return float(times[apex])
    t = times[apex - 1 : apex + 2] - times[apex]
    a, b, _ = np.polyfit(t, curve[apex - 1 : apex + 2], 2)
    if a >= 0.0:
        return float(times[apex])
    return float(times[apex] + np.clip(-b / (2 * a), t[0] / 2, t[2] / 2))


def _foot(times: Array, curve: Array, inside: int, height: float, step: int) -> float:
    """Time at which the flank before (step -1) or behind (step 1) the sample ``inside`` starts or ends."""
    high = _crossing(times, curve, inside, height * _HIGH, step)
    low = _crossing(times, curve, inside, height * _LOW, step)
    foot = low + (low - high) * _LOW / (_HIGH - _LOW)
    return float(np.clip(foot, times[0], times[-1]))


def _crossing(times: Array, curve: Array, inside: int, level: float, step: int) -> float:
    i = inside
    while 0 <= i + step < len(curve):
        if curve[i + step] <= level:
            share = (curve[i] - level) / max(float(curve[i] - curve[i + step]), 1e-12)
            return float(times[i] + share * (times[i + step] - times[i]))
        i += step
    return float(times[i])
