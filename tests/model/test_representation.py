from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from model.crop import crop_transform
from model.flow import FlowEstimator
from model.representation import KeyCrops, motion_maps, represent
from tests.helpers import demo_portrait, noisy
from training.synthesis.portrait import FaceState


def crop(state: FaceState, seed: int, shift: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    portrait = demo_portrait()
    view = cv2.invertAffineTransform(crop_transform(portrait.landmarks))
    moved = np.column_stack([view[:, :2], view[:, 2] + view[:, :2] @ np.array(shift)])
    picture = portrait.render(state, moved, (128, 128)).clip(0, 255).astype(np.uint8)
    return cv2.cvtColor(noisy(picture, seed, 1.0), cv2.COLOR_BGR2GRAY)


REST, SMILE = FaceState(), FaceState({(12, 1): 0.02, (12, -1): 0.02})


def test_shape_and_channels_are_what_the_network_expects():
    result = represent(KeyCrops(crop(REST, 0), crop(REST, 1), crop(SMILE, 2), crop(REST, 3)), FlowEstimator())
    assert result.maps.shape == (3, 4, 64, 64)
    assert result.maps.dtype == np.float32
    assert result.present.tolist() == [1.0, 1.0, 1.0]
    assert 0.0 <= result.maps[:, 0].min() <= result.maps[:, 0].max() <= 1.0


def test_flows_measured_side_by_side_are_the_same():
    crops = KeyCrops(crop(REST, 0), crop(REST, 1), crop(SMILE, 2), crop(REST, 3))
    estimator = FlowEstimator()
    with ThreadPoolExecutor(3) as workers:
        beside = represent(crops, estimator, workers)
    np.testing.assert_array_equal(beside.maps, represent(crops, estimator).maps)
    np.testing.assert_array_equal(beside.present, [1, 1, 1])


def test_contraction_and_relaxation_run_in_opposite_directions():
    maps = represent(KeyCrops(crop(REST, 0), crop(REST, 1), crop(SMILE, 2), crop(REST, 3)), FlowEstimator()).maps
    corner = (slice(34, 42), slice(38, 46))  # the subject's left lip corner, lifted by her smile
    apex, offset = maps[1, 2][corner].mean(), maps[2, 2][corner].mean()
    assert apex < -0.4
    assert offset > 0.4
    assert abs(maps[0, 2][corner].mean()) < 0.2


def test_an_offset_that_is_not_there_yet_is_masked():
    result = represent(KeyCrops(None, crop(REST, 1), crop(SMILE, 2), None), FlowEstimator())
    assert result.present.tolist() == [1.0, 1.0, 0.0]
    assert not result.maps[2].any()
    assert not result.maps[0, 1:].any()


def test_a_shift_of_the_head_is_no_motion_of_the_skin():
    maps = represent(KeyCrops(None, crop(REST, 1), crop(REST, 2, (1.5, -1.0)), None), FlowEstimator()).maps
    inner = maps[1, 1:3, 12:52, 16:48]
    # The head moved by 3 % of the inter-ocular distance.
    assert np.abs(inner).mean() < 0.15


def test_the_background_does_not_reach_the_network():
    motion = np.zeros((128, 128, 2), np.float32)
    motion[-12:, :12] = 30.0
    assert not motion_maps(motion).any()


def test_maps_do_not_depend_on_the_grid_of_the_field():
    rng = np.random.default_rng(0)
    coarse = cv2.resize(rng.normal(0, 1, (8, 8, 2)).astype(np.float32), (128, 128), interpolation=cv2.INTER_CUBIC)
    half = cv2.resize(coarse, (64, 64), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(motion_maps(coarse), motion_maps(half), atol=1e-5)
