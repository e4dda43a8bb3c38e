import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.crop import CROP_SIZE, warp_to_crop
from model.flow import FlowEstimator, FlowProbe, optical_strain, rigid_motion, without_rigid
from tests.helpers import face_picture
from tests.model.test_crop import similarity


def grid() -> tuple[np.ndarray, np.ndarray]:
    axis = np.arange(CROP_SIZE, dtype=np.float32) - CROP_SIZE / 2
    return np.meshgrid(axis, axis)


def rigid_flow(a: float, b: float, c: float, d: float) -> np.ndarray:
    x, y = grid()
    return np.stack([a * x - b * y + c, b * x + a * y + d], axis=-1).astype(np.float32)


small = st.floats(-0.02, 0.02)
shift = st.floats(-3, 3)


@given(small, small, shift, shift)
def test_the_heads_motion_is_found_and_removed(a, b, c, d):
    flow = rigid_flow(a, b, c, d)
    motion = rigid_motion(flow)
    np.testing.assert_allclose(motion, (a, b, c, d, 0, 0), atol=2e-3)
    assert np.abs(without_rigid(flow, motion)).max() < 0.15


@given(small, small, shift, shift, st.floats(0.3, 3.0))
@settings(max_examples=30)
def test_a_muscle_does_not_pass_for_the_heads_motion(a, b, c, d, pull):
    flow = rigid_flow(a, b, c, d)
    x, y = grid()
    # A lip corner: 12 px below and beside the middle of the crop, as wide as the muscle table makes it.
    flow[..., 0] += pull * np.exp(-0.5 * ((x - 19) ** 2 + (y - 22) ** 2) / 10**2)
    rest = without_rigid(flow, rigid_motion(flow))
    assert abs(rest[64 - 40, 64, 0]) < 0.05 + 0.02 * pull
    assert rest[64 + 22, 64 + 19, 0] == pytest.approx(pull, abs=0.05 + 0.05 * pull)


@pytest.mark.parametrize("box", [9, 12, 13])
def test_a_probe_reads_means_around_its_places_and_repeats_the_crops_edge(box):
    flow = np.random.default_rng(0).normal(size=(CROP_SIZE, CROP_SIZE, 2)).astype(np.float32)
    places = np.array([[64.2, 30.7], [1, 126], [127, 0], [20.4, 99.6]], dtype=np.float32)
    means = cv2.blur(flow, (box, box), borderType=cv2.BORDER_REPLICATE)
    expected = [means[round(float(y)), round(float(x))] for x, y in places]
    np.testing.assert_allclose(FlowProbe(places, box).read(flow), expected, atol=1e-5)


@given(small, small, shift, shift)
def test_a_probe_moves_its_places_with_the_head(a, b, c, d):
    places = np.array([[40.0, 34.0], [64.0, 86.0]], dtype=np.float32)
    x, y = (places - CROP_SIZE / 2).T
    expected = np.stack([a * x - b * y + c, b * x + a * y + d], axis=1)
    np.testing.assert_allclose(FlowProbe(places, 9).rigid(np.array([a, b, c, d, 0, 0])), expected, atol=1e-5)


@given(small, shift, shift)
def test_neither_shift_nor_roll_strains_the_skin(b, c, d):
    assert optical_strain(rigid_flow(0.0, b, c, d)).max() < 1e-4


@given(st.floats(-0.02, 0.02))
def test_stretch_strains_the_skin_by_its_amount(a):
    np.testing.assert_allclose(optical_strain(rigid_flow(a, 0, 0, 0)), np.sqrt(2) * abs(a), atol=1e-5)


@pytest.mark.parametrize("shift_px", [0.25, 0.5, 1.0, 2.0])
def test_the_flow_of_a_face_is_right_to_a_twentieth_of_a_pixel(shift_px):
    picture = face_picture()
    transform = similarity(0.5, 0.0, -96, -56)
    before = cv2.cvtColor(warp_to_crop(picture, transform), cv2.COLOR_BGR2GRAY)
    moved = transform + np.array([[0, 0, shift_px], [0, 0, 0]])
    after = cv2.cvtColor(warp_to_crop(picture, moved), cv2.COLOR_BGR2GRAY)
    motion = rigid_motion(FlowEstimator().between(before, after))
    assert motion[2] == pytest.approx(shift_px, abs=0.05)
    assert motion[3] == pytest.approx(0.0, abs=0.05)
