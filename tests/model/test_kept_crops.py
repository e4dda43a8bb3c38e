from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from model.kept_crops import KeptCrops
from model.spot import Spot
from tests.helpers import motion_samples

FPS = 30.0
NOISE = 8.0
SPOT = Spot("micro", 1.0, 1.15, 1.3, 30, 34, 39, 0.02, ())
REST, MOVED = 80.0, 140.0


def level(time: float) -> float:
    """Brightness of a face whose "movement" is that it turns brighter and dark again."""
    return REST + (MOVED - REST) * max(0.0, 1.0 - abs(time - SPOT.apex) / 0.15)


def kept(fps: float = FPS, seconds: float = 2.0, noise: float = NOISE, look_ahead: float = 0.5) -> KeptCrops:
    rng = np.random.default_rng(3)
    crops = KeptCrops(look_ahead)
    for sample in motion_samples({}, seconds, fps):
        grey = np.clip(rng.normal(level(sample.time), noise, (128, 128)), 0, 255).astype(np.uint8)
        crops.keep(replace(sample, grey=grey, crop=np.repeat(grey[..., None], 3, axis=2)))
    return crops


def at(fps: float) -> Spot:
    frames = (int(SPOT.onset * fps), round(SPOT.apex * fps), int(np.ceil(SPOT.offset * fps)))
    return replace(SPOT, onset_frame=frames[0], apex_frame=frames[1], offset_frame=frames[2])


@pytest.mark.parametrize("fps", [30.0, 60.0, 200.0])
def test_key_frames_have_less_noise_than_a_single_frame_and_show_the_movement(fps):
    crops = kept(fps)
    keys = crops.key_crops(at(fps))
    # Three frames at 30 fps, fourteen at 200: the noise falls with the root of their number.
    most = NOISE / np.sqrt(1 + int(0.066 * fps)) * 1.1
    for rest in (keys.before, keys.onset, keys.offset):
        assert rest.std() < most
        assert rest.mean() == pytest.approx(REST, abs=1.5)
    assert keys.apex.std() < most
    assert keys.apex.mean() > REST + 0.7 * (MOVED - REST)


def test_what_is_shown_of_a_movement_are_frames_as_they_were_filmed():
    crops = kept()
    onset, apex, offset = crops.key_frames(SPOT)
    assert [onset.frame, apex.frame, offset.frame] == [30, 34, 39]
    assert apex.crop.std() > 0.9 * NOISE


def test_at_few_frames_a_second_a_key_frame_is_one_frame():
    crops = kept(fps=8.0, noise=0.0)
    keys = crops.key_crops(at(8.0))
    assert keys.apex.mean() == pytest.approx(level(9 / 8), abs=1)


def test_a_movement_that_has_just_ended_takes_the_frames_that_are_there():
    crops = kept(seconds=SPOT.offset + 0.02)
    keys = crops.key_crops(SPOT)
    assert keys.offset.mean() == pytest.approx(REST, abs=1.5)
    assert keys.offset.std() > 0.8 * NOISE  # only one frame yet


def test_frames_that_were_cut_otherwise_are_laid_over_each_other():
    picture = cv2.GaussianBlur(np.random.default_rng(0).uniform(0, 255, (128, 128)).astype(np.float32), (0, 0), 4)
    picture = cv2.normalize(picture, None, 0, 255, cv2.NORM_MINMAX)
    crops = KeptCrops(0.0)
    for sample in motion_samples({}, 1.5):
        shift = np.array([[1.0, 0.0, 3.0 * (sample.frame >= 33)], [0.0, 1.0, 0.0]])
        grey = cv2.warpAffine(picture, shift, (128, 128), borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)
        crops.keep(replace(sample, grey=grey, transform=shift))
    keys = crops.key_crops(SPOT)
    inner = np.s_[8:-8, 8:-8]
    assert np.abs(keys.apex[inner].astype(float) - keys.onset[inner]).max() <= 2


def test_old_crops_are_forgotten():
    crops = kept(fps=10.0, seconds=60.0)
    assert crops.of_frame(0).time > 57.0
