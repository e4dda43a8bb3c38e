"""Main directional maximal difference, after He, Wang, Yap and Wang (2020), written from its description.

For each frame the face is compared with itself a little earlier and a little later: motion that goes in a block's main
direction and is gone again later stands out. The third of the blocks with the largest difference counts.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from model.flow import FlowEstimator
from training.spotting.scores import Found

# Blocks along each side of the face, share of the blocks that counts, bins of direction.
_BLOCKS: Final = 6
_COUNTED: Final = 1 / 3
_DIRECTIONS: Final = 4
# Longest micro-expression in seconds.
_LONGEST_S: Final = 0.5

Crops = npt.NDArray[np.uint8]
"""``uint8 [n, 128, 128]``: aligned grey faces."""
Times = npt.NDArray[np.float64]
"""``float64 [n]`` seconds."""


def directional_difference(crops: Crops, times: Times, span: float) -> npt.NDArray[np.float64]:
    """How much each frame stands out, ``float64 [n]`` in pixels; 0 where the recording has no earlier or later frame.

    Args:
        crops: Aligned faces.
        times: Their times.
        span: Seconds to the earlier and the later frame.
    """
    flow = FlowEstimator()
    earlier = np.searchsorted(times, times - span)
    later = np.minimum(np.searchsorted(times, times + span), len(times) - 1)
    raw = np.zeros(len(times))
    inside = np.flatnonzero((times - times[0] >= span) & (times[-1] - times >= span))
    for i in inside:
        raw[i] = _difference(
            flow.between(crops[earlier[i]], crops[i]), flow.between(crops[earlier[i]], crops[later[i]])
        )
    relative = np.zeros_like(raw)
    relative[inside] = raw[inside] - (raw[earlier[inside]] + raw[later[inside]]) / 2
    return np.maximum(relative, 0.0)


def _difference(near: npt.NDArray[np.float32], far: npt.NDArray[np.float32]) -> float:
    """Mean over the most active blocks of the largest difference of motion in the block's main direction."""
    size = near.shape[0] // _BLOCKS * _BLOCKS
    blocks = [_blocks(np.asarray(f[:size, :size], dtype=np.float64)) for f in (near, far)]
    angles = np.arctan2(blocks[0][..., 1], blocks[0][..., 0])
    lengths = [np.linalg.norm(b, axis=2) for b in blocks]
    which = np.floor((angles + np.pi) / (2 * np.pi) * _DIRECTIONS).astype(int) % _DIRECTIONS
    main = np.stack([(lengths[0] * (which == d)).sum(axis=1) for d in range(_DIRECTIONS)]).argmax(axis=0)
    own = which == main[:, None]
    largest = np.sort(np.where(own, lengths[0] - lengths[1], 0.0), axis=1)[:, -max(1, round(own.shape[1] * _COUNTED)) :]
    strongest = np.sort(largest.mean(axis=1))[::-1]
    return float(strongest[: round(len(strongest) * _COUNTED)].mean())


def _blocks(flow: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """``[36, pixels, 2]``."""
    side = flow.shape[0] // _BLOCKS
    grid = flow.reshape(_BLOCKS, side, _BLOCKS, side, 2).swapaxes(1, 2)
    return grid.reshape(_BLOCKS * _BLOCKS, side * side, 2)


def above(curve: npt.NDArray[np.float64], times: Times, share: float) -> list[Found]:
    """Runs of frames above the mean by a share of the way to the maximum, not longer than a micro-expression."""
    threshold = curve.mean() + share * (curve.max() - curve.mean())
    edges = np.diff(np.concatenate([[0], (curve > threshold).astype(int), [0]]))
    found = []
    for start, end in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1, strict=True):
        apex = start + int(curve[start : end + 1].argmax())
        if 0.0 < times[end] - times[start] <= _LONGEST_S:
            found.append(Found(float(times[start]), float(times[apex]), float(times[end])))
    return found
