from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.sources.key_crops import read_key_crops
from model.crop import grey_crop
from model.kept_crops import KeptCrops
from model.spot import Spot
from tests.helpers import motion_samples

TRANSFORM = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


class Pictures:
    """A recording of noise."""

    def __init__(self, count: int) -> None:
        self._pictures = np.random.default_rng(0).integers(0, 256, (count, 128, 128, 3), dtype=np.uint8)

    def frame(self, index: int) -> np.ndarray:
        return self._pictures[index]

    def close(self) -> None:
        pass


@pytest.mark.parametrize("fps", [10.0, 30.0, 60.0])
def test_the_review_looks_at_the_key_frames_that_the_analysis_looked_at(fps):
    samples = motion_samples({}, 2.0, fps)
    reader, kept = Pictures(len(samples)), KeptCrops(0.5)
    for sample in samples:
        kept.keep(replace(sample, grey=grey_crop(reader.frame(sample.frame), TRANSFORM), transform=TRANSFORM))
    frames = round(1.0 * fps), round(1.2 * fps), round(1.5 * fps)
    times = np.array([sample.time for sample in samples])
    spot = Spot("micro", *(float(times[frame]) for frame in frames), *frames, 0.02, ())
    own, seen = kept.key_crops(spot), read_key_crops(reader, times, frames, TRANSFORM)
    for name in ("before", "onset", "apex", "offset"):
        np.testing.assert_array_equal(getattr(seen, name), getattr(own, name), err_msg=name)


def test_a_movement_at_either_end_of_a_recording_takes_the_frames_that_are_there():
    times = np.arange(12) / 30
    crops = read_key_crops(Pictures(12), times, (0, 6, 11), TRANSFORM)
    assert crops.before is not None
    np.testing.assert_array_equal(crops.before, crops.onset)  # nothing was filmed before
    assert crops.offset is not None
    assert crops.offset.std() > 1.5 * crops.apex.std()  # one frame, and the mean of several
