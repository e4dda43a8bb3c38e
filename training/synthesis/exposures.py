"""What a key frame is exposed to: the pipeline takes the mean of all frames that show the same."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from model.key_frames import key_spans

# So many renderings stand for all frames of a span: two show how far the skin moves meanwhile.
_RENDERED: Final = 2


class Exposure(NamedTuple):
    """How one key frame is filmed.

    Attributes:
        times: Seconds of the renderings that it is the mean of.
        noise: Share of the sensor's noise in each of them, so that their mean is as quiet as that of all frames.
    """

    times: tuple[float, ...]
    noise: float


def single_exposures(frames: npt.NDArray[np.float64]) -> list[Exposure]:
    """Each key frame by itself, as databases keep them."""
    return [Exposure((float(time),), 1.0) for time in frames]


def mean_exposures(frames: npt.NDArray[np.float64], fps: float) -> list[Exposure]:
    """Each key frame as the mean of the frames that the pipeline takes together.

    Args:
        frames: ``float64 [4]`` seconds of the frames before, onset, apex, offset.
        fps: Frames per second.
    """
    before, onset, apex, offset = (float(time) for time in frames)
    exposures = []
    for key, (first, last) in zip(frames, key_spans(before, onset, apex, offset), strict=True):
        steps = np.arange(np.ceil((first - key) * fps), np.floor((last - key) * fps) + 1)
        times = key + steps / fps
        shown = times if len(times) <= _RENDERED else times.mean() + times.std() * np.array([-1.0, 1.0])
        exposures.append(Exposure(tuple(shown.tolist()), float(np.sqrt(len(shown) / len(times)))))
    return exposures
