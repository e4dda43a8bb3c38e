import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.crop import CROP_SIZE
from model.flow import FlowEstimator
from model.labels import ACTION_UNITS, EMOTIONS
from tests.helpers import demo_portrait, face_picture
from training.synthesis.camera import Camera
from training.synthesis.clips import film_clip
from training.synthesis.expressions import sample_expression
from training.synthesis.muscles import SIDES, FaceAxes, load_muscles, muscle_field, vary
from training.synthesis.portrait import FaceState, Portrait, PortraitError
from training.synthesis.recording import Movement, Recording, Script
from training.synthesis.timecourse import TimeCourse

IDENTITY = np.array([[1.0, 0, 0], [0, 1.0, 0]])


def render(state, size=(700, 600)):
    return demo_portrait().render(state, IDENTITY, size)


def test_every_action_unit_of_the_network_has_a_muscle():
    assert set(ACTION_UNITS) <= set(load_muscles())


@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(load_muscles())), st.sampled_from(SIDES))
@settings(max_examples=40)
def test_a_muscle_field_peaks_at_one_and_its_sides_mirror(seed, au, side):
    muscles = vary(load_muscles(), np.random.default_rng(seed))
    axes = FaceAxes(np.array([64.0, 10.0]), np.array([1.0, 0.0]), np.array([0.0, 1.0]), 49.0, 110.0)
    x, y = np.arange(129.0)[None, :], np.arange(129.0)[:, None]
    field, other = (muscle_field(muscles[au], s, axes, x, y) for s in (side, -side))
    both = np.hypot(*np.moveaxis(field + other, 2, 0)).max()
    one = np.hypot(*np.moveaxis(field, 2, 0)).max()
    assert max(one, both) == pytest.approx(1.0, abs=0.25) or one == pytest.approx(1.0, abs=1e-3)
    np.testing.assert_allclose(field[:, ::-1] * (-1, 1), other, atol=1e-5)


def test_a_muscle_moves_the_photo_by_the_stated_distance():
    portrait = demo_portrait()
    state = FaceState({(12, 1): 0.02})
    largest = np.hypot(*np.moveaxis(portrait.displacement(state), 2, 0)).max()
    assert largest == pytest.approx(0.02 * portrait.inter_ocular, rel=0.02)
    grey = [cv2.cvtColor(render(s).clip(0, 255).astype(np.uint8), cv2.COLOR_BGR2GRAY) for s in (FaceState(), state)]
    flow = FlowEstimator().between(*grey)
    seen = np.hypot(*np.moveaxis(flow, 2, 0))
    assert np.percentile(seen, 99.9) == pytest.approx(largest, rel=0.35)


def test_a_closed_eye_shows_no_eyeball_and_leaves_the_rest_alone():
    portrait = demo_portrait()
    open_, shut = render(FaceState()), render(FaceState(eye_closure=(1.0, 1.0)))
    eye = portrait.landmarks[[159, 145, 33, 133]]
    x0, y0 = np.floor(eye.min(axis=0)).astype(int)
    x1, y1 = np.ceil(eye.max(axis=0)).astype(int)
    # The dark iris and the white of the eye are gone: the patch has become plain skin.
    inner = (slice(y0 + 1, y1 - 3), slice(x0 + 8, x1 - 8))
    assert shut[inner].std() < 0.75 * open_[inner].std()
    mouth = int(portrait.landmarks[13, 1])
    np.testing.assert_array_equal(open_[mouth - 10 :], shut[mouth - 10 :])


def test_an_open_mouth_shows_a_dark_gap_and_lowers_the_chin():
    portrait = demo_portrait()
    shut, open_ = render(FaceState()), render(FaceState(mouth_opening=0.15))
    x, y = portrait.landmarks[14].astype(int)
    gap = open_[y + 2 : y + int(0.12 * portrait.inter_ocular), x - 5 : x + 5]
    assert gap.mean() < 60 < shut[y + 2 : y + 10, x - 5 : x + 5].mean()
    brows = int(portrait.landmarks[9, 1])
    np.testing.assert_array_equal(shut[:brows], open_[:brows])


def test_rendering_is_sub_pixel_exact():
    base = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    moved = base + np.array([[0, 0, 0.25], [0, 0, 0]])
    grey = [
        cv2.cvtColor(
            demo_portrait().render(FaceState(), v, (700, 600)).clip(0, 255).astype(np.uint8), cv2.COLOR_BGR2GRAY
        )
        for v in (base, moved)
    ]
    flow = FlowEstimator().between(*grey)[100:500, 150:550]
    assert np.median(flow[..., 0]) == pytest.approx(-0.25, abs=0.06)


def test_a_photo_without_a_face_is_refused_by_name():
    with pytest.raises(PortraitError, match="garden"):
        Portrait.from_photo(np.full((300, 300, 3), 90, np.uint8), load_muscles(), "garden.jpg")


@given(st.floats(0.02, 0.3), st.floats(0.02, 0.3), st.floats(-0.5, 1.5))
def test_a_time_course_rises_to_one_at_its_apex_and_is_zero_outside(rise, fall, time):
    course = TimeCourse(0.2, 0.2 + rise, 0.2 + rise + fall)
    assert course.strength(course.apex) == pytest.approx(1.0)
    strength = course.strength(time)
    assert 0.0 <= strength <= 1.0
    if not course.onset < time < course.offset:
        assert strength == 0.0


@pytest.mark.parametrize("times", [(0.2, 0.2, 0.4), (0.3, 0.2, 0.4), (0.1, 0.5, 0.4)])
def test_an_impossible_time_course_is_refused(times):
    with pytest.raises(ValueError, match="onset < apex < offset"):
        TimeCourse(*times)


@given(st.sampled_from(EMOTIONS[:3]), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_an_expression_has_its_peak_and_few_muscles(emotion, seed):
    strengths = sample_expression(emotion, 0.02, np.random.default_rng(seed))
    assert max(strengths.values()) == pytest.approx(0.02)
    assert min(strengths.values()) >= 0.0
    assert len({au for au, _ in strengths}) <= 4
    if emotion == "positive":
        assert {12, 6} & {au for au, _ in strengths}


def test_a_recording_is_the_same_every_time():
    script = Script(0.2, 30.0, (Movement("positive", TimeCourse(0.0, 0.1, 0.2), {(12, 1): 0.02}),), seed=3)
    recording = Recording(demo_portrait(), script, size=(160, 120))
    first, second = ([f.image for f in recording.frames()] for _ in range(2))
    assert len(first) == 6
    np.testing.assert_array_equal(first, second)


def test_the_camera_adds_the_noise_it_says():
    grey = np.full((200, 200, 3), 128, np.float32)
    image = Camera(noise=5.0).expose(grey, 1.0, np.random.default_rng(0))
    assert image.std() == pytest.approx(5.0, rel=0.05)


def test_a_clip_depends_on_its_seed_alone():
    portrait = Portrait.from_photo(face_picture(), load_muscles()).around_face(2.4)
    clips = [film_clip(portrait, load_muscles(), FlowEstimator(), np.random.default_rng(s)) for s in (1, 1, 2)]
    np.testing.assert_array_equal(clips[0].representation.maps, clips[1].representation.maps)
    assert not np.array_equal(clips[0].representation.maps, clips[2].representation.maps)
    assert 2 * clips[0].representation.maps.shape[-1] == CROP_SIZE
