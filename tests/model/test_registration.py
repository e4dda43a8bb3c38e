import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from model.crop import CROP_SIZE, crop_transform, grey_crop
from model.flow import FlowEstimator
from model.registration import Registration
from tests.helpers import demo_portrait

ROUGH = FlowEstimator(rough=True)
# The left mouth corner in the crop, and how wide a muscle moves the skin around it, crop pixels.
CORNER = (83, 86)
WIDTH = 10.0


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    return grey_crop(demo_portrait().image, crop_transform(demo_portrait().landmarks))


def smile(pull: float) -> np.ndarray:
    """Displacement ``[128, 128, 2]``: a mouth corner goes up by ``pull`` pixels."""
    x, y = np.meshgrid(np.arange(CROP_SIZE), np.arange(CROP_SIZE))
    field = np.zeros((CROP_SIZE, CROP_SIZE, 2), dtype=np.float32)
    field[..., 1] = -pull * np.exp(-((x - CORNER[0]) ** 2 + (y - CORNER[1]) ** 2) / (2 * WIDTH**2))
    return field


def moved(crop: np.ndarray, field: np.ndarray) -> np.ndarray:
    """The crop after its content has moved: what is seen at ``x + field(x)`` was at ``x``."""
    x, y = np.meshgrid(np.arange(CROP_SIZE, dtype=np.float32), np.arange(CROP_SIZE, dtype=np.float32))
    back = field
    for _ in range(20):  # the field seen from where the content has come to
        back = cv2.remap(field, x - back[..., 0], y - back[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cv2.remap(crop, x - back[..., 0], y - back[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def lift(flow: np.ndarray) -> float:
    """How far the mouth corner went up, the mean over a region's box."""
    x, y = CORNER
    return -float(flow[y - 4 : y + 5, x - 4 : x + 5, 1].mean())


def test_a_face_that_does_not_move_has_no_flow(face):
    assert np.abs(Registration(face, ROUGH).flow(face)).max() < 1e-3


@pytest.mark.parametrize("pull", [0.25, 0.5])
def test_a_weak_movement_is_measured_as_far_as_it_goes(face, pull):
    flow = Registration(face, ROUGH).flow(moved(face, smile(pull)))
    assert lift(flow) == pytest.approx(lift(smile(pull)), rel=0.25)


@pytest.mark.parametrize("pull", [0.25, 0.5, 1.0, 2.0])
def test_movements_are_measured_better_than_by_dense_search(face, pull):
    after, truth = moved(face, smile(pull)), lift(smile(pull))
    searched = lift(FlowEstimator().between(face, after))
    registered = lift(Registration(face, ROUGH).flow(after))
    assert abs(registered - truth) < 0.85 * abs(searched - truth)


def test_skin_that_goes_far_may(face):
    flow = Registration(face, ROUGH).flow(moved(face, smile(5.0)))
    assert lift(flow) > 0.5 * lift(smile(5.0))


@pytest.mark.parametrize("shift", [(0.4, -0.3), (-2.5, 1.5), (3.5, 3.5)])
def test_the_whole_head_moves_freely(face, shift):
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], dtype=np.float64)
    after = cv2.warpAffine(face, matrix, face.shape[::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    flow = Registration(face, ROUGH).flow(after)[20:110, 25:103]
    np.testing.assert_allclose(np.median(flow, axis=(0, 1)), shift, atol=0.1)


@pytest.mark.parametrize("light", [0.8, 0.95, 1.05])
def test_a_change_of_light_is_no_motion(face, light):
    dim = (0.7 * face).astype(np.uint8)
    after = np.rint(light * 0.7 * face).astype(np.uint8)
    assert np.abs(Registration(dim, ROUGH).flow(after)[20:110, 25:103]).mean() < 0.03


def test_closed_lids_do_not_pull_the_brows(face):
    after = face.copy()
    for x in (40, 88):  # skin over the eyes
        after[29:39, x - 10 : x + 11] = face[50:60, x - 10 : x + 11]
    brows = Registration(face, ROUGH).flow(after)[16:23, 30:98]
    assert np.abs(brows).mean() < 0.2


@given(hnp.arrays(np.uint8, (CROP_SIZE, CROP_SIZE)), st.sampled_from([0, 1, 255]))
@settings(max_examples=15, deadline=None)
def test_whatever_the_pictures_show_the_flow_is_finite(crop, flat):
    plain = np.full_like(crop, flat)
    for before, after in ((crop, plain), (plain, crop), (plain, plain)):
        flow = Registration(before, ROUGH).flow(after)
        assert flow.shape == (CROP_SIZE, CROP_SIZE, 2)
        assert flow.dtype == np.float32
        assert np.isfinite(flow).all()
