"""The newest measurements of one face as arrays, of bounded length."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from model.motion import MotionSample
from model.regions import REGIONS

# Fast cameras deliver more measurements, and noisier ones: a place is their mean over so many seconds (one frame at
# 30 fps).
_PLACE_S: Final = 0.03
# Times that differ by less are the same.
_SAME_S: Final = 1e-6
# 6 s at 240 fps; longer histories are never needed, faster sources keep fewer seconds.
CAPACITY: Final = 1440


Array = npt.NDArray[np.float64]


class History:
    """Times, displacements and eye openings, oldest first; the pictures are not kept.

    Args:
        span: Seconds that are remembered.
        capacity: Frames that are remembered at most.
    """

    def __init__(self, span: float, capacity: int = CAPACITY) -> None:
        self._span, self._capacity = span, capacity
        # Twice the capacity: what is remembered slides through and is moved to the front only when it hits the end.
        self._times = np.zeros(2 * capacity)
        self._frames = np.zeros(2 * capacity, dtype=np.int_)
        self._displacement = np.zeros((2 * capacity, len(REGIONS), 2))
        # Sums of all displacements up to each frame: means over any window are a difference.
        self._sums = np.zeros_like(self._displacement)
        self._openings = np.zeros(2 * capacity)
        self._gaze = np.zeros((2 * capacity, 2))
        self._light = np.zeros(2 * capacity)
        self._arrays = (
            self._times, self._frames, self._displacement, self._sums, self._openings, self._gaze, self._light,
        )  # fmt: skip
        self._first = self._end = 0

    def __len__(self) -> int:
        return self._end - self._first

    def append(self, sample: MotionSample) -> None:
        """Remembers a measurement and forgets the oldest ones."""
        if self._end == len(self._times):
            kept = slice(self._first, self._end)
            for array in self._arrays:
                array[: len(self)] = array[kept].copy()
            self._first, self._end = 0, len(self)
        here = self._end
        self._times[here], self._frames[here] = sample.time, sample.frame
        self._displacement[here], self._openings[here] = sample.displacement, sample.eye_opening
        self._gaze[here], self._light[here] = sample.gaze, sample.light
        before = self._sums[here - 1] if here > self._first else 0.0
        self._sums[here] = before + sample.displacement
        self._end += 1
        oldest = int(np.searchsorted(self.times, sample.time - self._span))
        self._first = max(self._first + oldest, self._end - self._capacity)

    def clear(self) -> None:
        self._first = self._end = 0

    @property
    def times(self) -> Array:
        """``[n]`` seconds, ascending."""
        return self._times[self._first : self._end]

    @property
    def frames(self) -> npt.NDArray[np.int_]:
        """``[n]`` frame numbers."""
        return self._frames[self._first : self._end]

    @property
    def displacement(self) -> Array:
        """``[n, regions, 2]`` fractions of the inter-ocular distance."""
        return self._displacement[self._first : self._end]

    @property
    def openings(self) -> Array:
        """``[n]`` eye openings."""
        return self._openings[self._first : self._end]

    @property
    def gaze(self) -> Array:
        """``[n, 2]`` shift of the irises, fractions of the inter-ocular distance."""
        return self._gaze[self._first : self._end]

    @property
    def light(self) -> Array:
        """``[n]`` brightness."""
        return self._light[self._first : self._end]

    def means(self, ends: Array, widths: Array) -> Array:
        """``[m, regions, 2]`` mean displacement over ``widths`` seconds up to ``ends``; one frame at least."""
        times = self.times
        last = np.clip(np.searchsorted(times, ends + _SAME_S, side="right"), 1, len(times))
        first = np.minimum(np.searchsorted(times, ends - widths + _SAME_S, side="right"), last - 1)
        sums = self._sums[self._first : self._end]
        total = sums[last - 1] - sums[first] + self.displacement[first]
        return np.asarray(total / (last - first)[:, None, None], dtype=np.float64)

    def place(self, time: float) -> Array:
        """``[regions, 2]`` displacement around ``time``."""
        return np.asarray(self.means(np.array([time + _PLACE_S / 2]), np.array([_PLACE_S]))[0])
