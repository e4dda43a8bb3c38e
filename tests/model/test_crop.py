import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.crop import (
    CENTRE_X,
    EYE_LINE_Y,
    INTER_OCULAR_PX,
    apply_transform,
    crop_transform,
    fit_similarity,
    inter_ocular_distance,
    transform_shift,
    warp_to_crop,
)
from tests.helpers import demo_portrait


def similarity(scale: float, angle: float, x: float, y: float) -> np.ndarray:
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[c, -s, x], [s, c, y]])


similarities = st.builds(
    similarity, st.floats(0.05, 20), st.floats(-3.1, 3.1), st.floats(-2000, 2000), st.floats(-2000, 2000)
)


@given(similarities, st.integers(0, 2**32 - 1))
def test_a_similarity_is_recovered_from_the_points_it_moved(transform, seed):
    points = np.random.default_rng(seed).uniform(-100, 100, (10, 2))
    moved = points @ transform[:, :2].T + transform[:, 2]
    np.testing.assert_allclose(fit_similarity(points, moved), transform, atol=1e-6 * (1 + np.abs(transform).max()))


@given(similarities)
def test_the_crop_of_a_moved_face_is_the_crop_of_the_face(transform):
    landmarks = demo_portrait().landmarks.astype(np.float64)
    moved = landmarks @ transform[:, :2].T + transform[:, 2]
    expected = apply_transform(crop_transform(landmarks), landmarks)
    np.testing.assert_allclose(apply_transform(crop_transform(moved), moved), expected, atol=1e-2)


def test_the_eyes_lie_where_the_documentation_says():
    landmarks = demo_portrait().landmarks
    placed = apply_transform(crop_transform(landmarks), landmarks)
    left, right = placed[[33, 133]].mean(axis=0), placed[[362, 263]].mean(axis=0)
    np.testing.assert_allclose(left, (CENTRE_X - INTER_OCULAR_PX / 2, EYE_LINE_Y), atol=1.5)
    np.testing.assert_allclose(right, (CENTRE_X + INTER_OCULAR_PX / 2, EYE_LINE_Y), atol=1.5)
    # Her smile lifts the corners of the mouth.
    assert placed[[61, 291]].mean(axis=0) == pytest.approx((64, 80), abs=8)
    assert inter_ocular_distance(placed) == pytest.approx(INTER_OCULAR_PX, rel=0.03)


def test_the_shift_between_transforms_is_that_of_the_farthest_corner():
    transform = similarity(0.5, 0.1, 30, 20)
    moved = transform + np.array([[0, 0, 3.0], [0, 0, -1.0]])
    assert transform_shift(transform, transform) == pytest.approx(0.0, abs=1e-9)
    assert transform_shift(transform, moved) == pytest.approx(3.0)


def test_a_large_face_is_averaged_and_not_sampled():
    rng = np.random.default_rng(0)
    noise = np.clip(rng.normal(128, 20, (2160, 3840, 3)), 0, 255).astype(np.uint8)
    crop = warp_to_crop(noise, similarity(0.08, 0.0, -20, -10))
    assert crop.shape == (128, 128, 3)
    # Six by six pixels make one: the noise falls to about a sixth.
    assert crop.std() < 20 / 4


def test_reducing_a_large_picture_keeps_everything_in_its_place():
    texture = cv2.GaussianBlur(np.random.default_rng(1).normal(0, 1, (1000, 1000, 3)), (0, 0), 25)
    blurred = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    transform = similarity(0.14, 0.05, 5, 3)
    plain = cv2.warpAffine(blurred, transform, (128, 128), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inner = (slice(10, 110), slice(10, 110))
    assert np.abs(warp_to_crop(blurred, transform)[inner].astype(int) - plain[inner]).mean() < 1.5
