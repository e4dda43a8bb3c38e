"""Peaks in the flow of facial regions, head motion taken out by the nose: the hand-crafted line of spotting methods.

Written from the idea of optical-flow features of regions in sliding windows (OF-FD and its kin), not from their code.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks, peak_widths

from model.crop import INTER_OCULAR_PX, Points
from model.flow import FlowEstimator, FlowProbe
from model.intervals import intersection_over_union
from model.regions import REGIONS
from training.spotting.directional import Crops, Times
from training.spotting.scores import Found

# Seconds of a window, in which all frames are compared with the first one; windows overlap by half.
_WINDOW_S: Final = 1.0
# The curves are smoothed by so many seconds.
_SMOOTHING_S: Final = 0.02
# A movement's foot lies at this share of its peak.
_FOOT: Final = 0.85
_SHORTEST_S: Final = 0.04
_LONGEST_S: Final = 0.5
# Side of a region in crop pixels.
_BOX_PX: Final = 13
_NOSE: Final = REGIONS.index("nose")
_WATCHED: Final = tuple(
    i for i, name in enumerate(REGIONS) if "brow" in name or "mouth corner" in name or "lip" in name
)


def region_flow(crops: Crops, times: Times, centres: Points) -> list[tuple[Times, npt.NDArray[np.float64]]]:
    """For each window its times and the regions' displacement from its first frame, less the nose's.

    Args:
        crops: Aligned faces.
        times: Their times.
        centres: ``float32 [regions, 2]`` the regions' places in the crop.

    Returns:
        (times ``[m]``, displacements ``float64 [m, watched]`` in fractions of the inter-ocular distance).
    """
    flow, probe = FlowEstimator(), FlowProbe(centres, _BOX_PX)
    windows = []
    for start in np.arange(times[0], times[-1] - _WINDOW_S / 2, _WINDOW_S / 2):
        own = np.flatnonzero((times >= start) & (times < start + _WINDOW_S))
        moved = np.stack([probe.read(flow.between(crops[own[0]], crops[i])) for i in own])
        skin = (moved - moved[:, _NOSE : _NOSE + 1])[:, _WATCHED] / INTER_OCULAR_PX
        windows.append((times[own], np.linalg.norm(skin, axis=2)))
    return windows


def peaks(windows: list[tuple[Times, npt.NDArray[np.float64]]], prominence: float) -> list[Found]:
    """Peaks that rise and fall by ``prominence`` (fractions of the inter-ocular distance) within a window."""
    candidates: list[tuple[float, Found]] = []
    for times, curves in windows:
        if len(times) < 3:
            continue
        step = float(np.median(np.diff(times)))
        for curve in gaussian_filter1d(curves, _SMOOTHING_S / step, axis=0).T:
            tops, facts = find_peaks(curve, prominence=prominence)
            _, _, left, right = peak_widths(curve, tops, rel_height=_FOOT)
            for top, height, a, b in zip(tops, facts["prominences"], left, right, strict=True):
                onset, offset = (float(np.interp(x, np.arange(len(times)), times)) for x in (a, b))
                if _SHORTEST_S <= offset - onset <= _LONGEST_S:
                    candidates.append((float(height), Found(onset, float(times[top]), offset)))
    kept: list[Found] = []
    # One movement shows in several regions and in two windows: the strongest report of it counts.
    for _, found in sorted(candidates, key=lambda c: -c[0]):
        if all(intersection_over_union((found.onset, found.offset), (k.onset, k.offset)) == 0.0 for k in kept):
            kept.append(found)
    return sorted(kept, key=lambda f: f.onset)
