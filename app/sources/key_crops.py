"""The key frames of a movement out of a recording that can be read at any place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.sources.random_access import FrameReader
from model.crop import Transform, grey_crop
from model.key_frames import key_spans, mean_crop
from model.representation import KeyCrops


def read_key_crops(
    reader: FrameReader, times: npt.NDArray[np.float64], keys: tuple[int, int, int], transform: Transform
) -> KeyCrops:
    """The key frames as the network sees them while a recording is analysed.

    Args:
        reader: The recording.
        times: ``[n]`` seconds of its frames.
        keys: Indices of the onset, apex and offset frames.
        transform: With which all are cut.

    Raises:
        SourceError: If a frame cannot be read.
    """
    onset, apex, offset = (float(times[index]) for index in keys)
    spacing = max(apex - onset, 0.0)
    before = float(times[np.abs(times - (onset - spacing)).argmin()])
    crops = []
    for first, last in key_spans(before, onset, apex, offset):
        shown = np.flatnonzero((times >= first) & (times <= last))
        crops.append(mean_crop([grey_crop(reader.frame(int(index)), transform) for index in shown]))
    return KeyCrops(*crops)
