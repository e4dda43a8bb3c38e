"""The newest crops of a face, and the key frames of a movement that are taken out of them."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from model.crop import Transform, transform_shift
from model.frame import Image
from model.hindsight import MOST_WAITING
from model.key_frames import Span, key_spans, mean_crop
from model.motion import MotionSample
from model.representation import KeyCrops
from model.spot import Spot

# Crops are kept for the longest micro-expression, one spacing before it, and the time until it is reported; what waits
# to be judged is added.
_MEMORY_S: Final = 1.5
_MEMORY_FRAMES: Final = 600
# Below this distance in crop pixels two transforms are the same.
_SAME_TRANSFORM_PX: Final = 1e-6
_Grey = npt.NDArray[np.uint8]


class KeptCrop(NamedTuple):
    """A crop of the near past.

    Attributes:
        frame: Index of its frame.
        time: Seconds.
        crop: ``uint8 [128, 128, 3]``.
        grey: ``uint8 [128, 128]``.
        transform: With which it was cut.
    """

    frame: int
    time: float
    crop: Image
    grey: _Grey
    transform: Transform


class KeptCrops:
    """Remembers crops as long as a movement may ask for them.

    Args:
        look_ahead: Seconds after which the spotter judges a moment.
    """

    def __init__(self, look_ahead: float) -> None:
        self._memory_s = _MEMORY_S + look_ahead
        self._crops: deque[KeptCrop] = deque(maxlen=_MEMORY_FRAMES + (MOST_WAITING if look_ahead else 0))

    def keep(self, sample: MotionSample) -> None:
        """Takes the newest crop; what is too old goes."""
        while self._crops and sample.time - self._crops[0].time > self._memory_s:
            self._crops.popleft()
        self._crops.append(KeptCrop(sample.frame, sample.time, sample.crop, sample.grey, sample.transform))

    def of_frame(self, frame: int) -> KeptCrop:
        """The crop of a frame, or the one nearest to it."""
        return min(self._crops, key=lambda crop: abs(crop.frame - frame))

    def key_frames(self, spot: Spot) -> tuple[KeptCrop, KeptCrop, KeptCrop]:
        """Onset, apex and offset of a movement as they were filmed."""
        onset, apex, offset = (self.of_frame(f) for f in (spot.onset_frame, spot.apex_frame, spot.offset_frame))
        return onset, apex, offset

    def key_crops(self, spot: Spot) -> KeyCrops:
        """The key frames of a movement for the network, with less noise than a single frame has."""
        onset, apex, offset = self.key_frames(spot)
        before = self._at_time(spot.onset - max(spot.apex - spot.onset, 1e-3))
        spans = key_spans(before.time, onset.time, apex.time, offset.time)
        return KeyCrops(*(self._mean(span, onset.transform) for span in spans))

    def running_crops(self, start: float, apex_frame: int) -> KeyCrops:
        """The key frames of a movement that is under way, as far as there are any.

        Args:
            start: Seconds at which it was noticed.
            apex_frame: Frame of the largest displacement so far.
        """
        # The onset is not measured before the end; the movement was noticed a little after it began.
        onset = self._at_time(start - 0.05)
        return KeyCrops(None, onset.grey, _in_geometry(self.of_frame(apex_frame), onset.transform), None)

    def _at_time(self, time: float) -> KeptCrop:
        return min(self._crops, key=lambda crop: abs(crop.time - time))

    def _mean(self, span: Span, transform: Transform) -> _Grey:
        first, last = span
        return mean_crop([_in_geometry(crop, transform) for crop in self._crops if first <= crop.time <= last])


def _in_geometry(crop: KeptCrop, transform: Transform) -> _Grey:
    """A kept crop as if it had been cut with another frame's transform."""
    if transform_shift(crop.transform, transform) < _SAME_TRANSFORM_PX:
        return crop.grey
    picture_from_crop = np.vstack([cv2.invertAffineTransform(crop.transform), [0.0, 0.0, 1.0]])
    change = np.asarray(transform @ picture_from_crop, dtype=np.float64)
    height, width = crop.grey.shape
    moved = cv2.warpAffine(crop.grey, change, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.uint8)
