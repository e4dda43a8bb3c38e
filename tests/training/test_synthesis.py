from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.crop import CROP_SIZE
from model.flow import FlowEstimator
from model.labels import ACTION_UNITS, EMOTIONS
from model.muscles import SIDES, FaceAxes, load_muscles, muscle_field
from tests.helpers import demo_portrait, face_picture
from training.synthesis.anatomy import vary
from training.synthesis.articulation import LIP_UNITS, articulate
from training.synthesis.camera import Camera, Light
from training.synthesis.clips import ClipCamera, Conditions, present_action_units, strength_table
from training.synthesis.codec import through_h264
from training.synthesis.distractions import draw_distraction
from training.synthesis.exposures import mean_exposures, single_exposures
from training.synthesis.expressions import sample_expression
from training.synthesis.fields import draw_field
from training.synthesis.habits import LIP_PUCKER, Blink, Glance, Speech
from training.synthesis.portrait import FaceState, Portrait, PortraitError
from training.synthesis.recording import Movement, Recording, Script
from training.synthesis.timecourse import TimeCourse, draw_key_times

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
    if all(pull.x == 0.0 for pull in muscles[au]):
        # Each half makes its share; what they pull sideways cancels.
        assert 0.5 - 1e-3 <= one < 1.0
        assert both == pytest.approx(1.0, abs=1e-3)
    else:
        assert one == pytest.approx(1.0, abs=1e-3)
    np.testing.assert_allclose(field[:, ::-1] * (-1, 1), other, atol=1e-5)


def test_a_muscle_moves_the_photo_by_the_stated_distance():
    portrait = demo_portrait()
    state = FaceState({(12, 1): 0.02})
    largest = np.hypot(*np.moveaxis(portrait.displacement(state), 2, 0)).max()
    assert largest == pytest.approx(0.02 * portrait.inter_ocular, rel=0.02)
    half_size = np.array([[2.0, 0, 0], [0, 2.0, 0]])
    seen_smaller = np.hypot(*np.moveaxis(portrait.displacement_in(state, half_size, (350, 300)), 2, 0)).max()
    assert seen_smaller == pytest.approx(largest / 2, rel=0.02)
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
    strong = {au for (au, _), strength in strengths.items() if strength >= 0.3 * 0.02}
    assert 1 <= len(strong) <= 4
    table = strength_table(strengths)
    assert {ACTION_UNITS[i] for i in np.flatnonzero(present_action_units(table))} == strong
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
    image = Camera(noise=5.0).expose(grey, np.random.default_rng(0))
    assert image.std() == pytest.approx(5.0, rel=0.05)


def test_light_falls_from_a_side():
    grey = np.full((100, 100, 3), 100, np.float32)
    image = Camera(noise=0.0).expose(grey, np.random.default_rng(0), Light(1.0, (0.3, 0.0)))
    assert image[:, 0].mean() == pytest.approx(70, abs=1)
    assert image[:, -1].mean() == pytest.approx(130, abs=1)


def test_a_codec_gives_back_as_many_pictures_a_little_worse():
    pictures = [render(FaceState({(12, 1): 0.02 * i}), size=(301, 303)).clip(0, 255).astype(np.uint8) for i in range(4)]
    fine, coarse = (list(through_h264(pictures, 30.0, crf)) for crf in (18, 40))
    assert [p.shape for p in fine] == [(303, 301, 3)] * 4
    errors = [np.abs(np.stack(r).astype(float) - pictures).mean() for r in (fine, coarse)]
    assert 0 < errors[0] < errors[1] < 12


def test_a_look_to_the_side_moves_the_irises_and_nothing_else():
    portrait = demo_portrait()
    ahead, aside = render(FaceState()), render(FaceState(gaze=(0.05, 0.0)))
    changed = np.abs(aside - ahead).max(axis=2) > 4
    rows, columns = np.nonzero(changed)
    eyes = portrait.landmarks[[33, 133, 159, 145, 263, 362, 386, 374]]
    assert changed.any()
    assert eyes[:, 1].min() - 3 <= rows.min() <= rows.max() <= eyes[:, 1].max() + 3
    assert eyes[:, 0].min() - 3 <= columns.min() <= columns.max() <= eyes[:, 0].max() + 3


def test_a_turn_of_the_head_shifts_the_nose_against_the_ears():
    portrait = demo_portrait()
    grey = [
        cv2.cvtColor(render(s).clip(0, 255).astype(np.uint8), cv2.COLOR_BGR2GRAY)
        for s in (FaceState(), FaceState(turn=(3.0, 0.0)))
    ]
    flow = FlowEstimator().between(*grey)
    nose, ear = (portrait.landmarks[i].astype(int) for i in (4, 234))
    assert flow[nose[1], nose[0], 0] > 1.0
    assert flow[ear[1], ear[0] + 8, 0] < -0.5


def test_swallowing_lifts_the_throat():
    portrait = demo_portrait()
    still, lifted = render(FaceState()), render(FaceState(swallowing=0.05))
    brows = int(portrait.landmarks[9, 1])
    np.testing.assert_allclose(still[:brows], lifted[:brows], atol=1.0)
    chin = portrait.landmarks[152].astype(int)
    assert np.abs(lifted - still)[chin[1] : chin[1] + 40, chin[0] - 30 : chin[0] + 30].mean() > 1.0


def test_pressed_skin_folds_and_darkens():
    portrait = demo_portrait()
    state = FaceState({(4, 1): 0.05, (4, -1): 0.05})
    plain, folded = (
        portrait.with_muscles(load_muscles(), folds).render(state, IDENTITY, (700, 600)) for folds in (0.0, 0.6)
    )
    change = (folded - plain).mean(axis=2)
    skin = portrait.displacement(state)
    divergence = np.gradient(skin[..., 0], axis=1) + np.gradient(skin[..., 1], axis=0)
    pressed, stretched = (
        4 * np.array(np.unravel_index(i, divergence.shape)) for i in (divergence.argmin(), divergence.argmax())
    )
    assert change[tuple(pressed)] < -3 < 3 < change[tuple(stretched)]


def test_a_face_far_away_is_averaged_and_not_sampled():
    portrait = demo_portrait()
    quarter = np.array([[4.0, 0, 1.5], [0, 4.0, 1.5]])
    seen = portrait.render(FaceState(), quarter, (170, 145))
    height, width = (4 * (n // 4) for n in portrait.image.shape[:2])
    expected = cv2.resize(portrait.image[:height, :width], None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    assert np.abs(seen[5:140, 5:165] - expected[5:140, 5:165]).mean() < 1.5


@given(st.floats(15, 240), st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_key_frames_are_frames_in_order(fps, seed):
    times = draw_key_times(fps, np.random.default_rng(seed))
    steps = np.diff(times.frames) * fps
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-6)
    assert (steps >= 1 - 1e-6).all()
    onset, apex, offset = times.truth
    assert 0.039 < offset - onset <= 0.5 + 1e-6
    assert onset < apex < offset


FRAMES = np.array([-0.1, 0.0, 0.1, 0.2])


@pytest.mark.parametrize("expressive", [True, False])
def test_distractions_stay_small_beside_an_expression(expressive):
    drawn = [draw_distraction(expressive, FRAMES, np.random.default_rng(i)) for i in range(300)]
    talking = np.mean([d.jaw.max() > 0 for d in drawn])
    assert (talking == 0) if expressive else (0.2 < talking < 0.5)
    halfway = drawn[0].at(1.5)
    np.testing.assert_allclose(halfway["shift"], (drawn[0].shift[1] + drawn[0].shift[2]) / 2)


def test_blinks_and_syllables_are_caught_anywhere_in_their_course():
    drawn = [draw_distraction(False, FRAMES, np.random.default_rng(i)) for i in range(1500)]
    for name in ("closure", "jaw", "swallowing"):
        courses = np.array([getattr(d, name) for d in drawn])
        moving = courses[np.ptp(courses, axis=1) > 0.1 * courses.max()]
        # From onset to apex lids and lips open as well as close, and some are already apart at the first moment.
        opening = np.mean(moving[:, 2] < moving[:, 1])
        assert 0.15 < opening < 0.85, name
        assert np.mean(moving[:, 0] > 0) > 0.1, name


@given(st.floats(-1, 1), st.floats(0.05, 0.5), st.floats(0.1, 0.9), st.floats(0.1, 1.0), st.floats(-2, 2))
def test_a_blink_closes_within_its_time_and_to_its_depth(start, duration, closing, depth, time):
    blink = Blink(start, duration, closing, depth)
    assert 0.0 <= blink.closure(time) <= depth
    assert blink.closure(start + closing * duration) == pytest.approx(depth)
    if not start < time < start + duration:
        assert blink.closure(time) == 0.0


def test_a_glance_goes_there_stays_and_comes_back():
    glance = Glance(1.0, 2.0, (0.05, -0.02))
    assert glance.gaze(0.9) == glance.gaze(2.5) == (0.0, 0.0)
    assert glance.gaze(1.5) == pytest.approx((0.05, -0.02))


def test_speech_opens_the_mouth_by_at_most_the_stated_opening_and_only_while_it_lasts():
    speech = Speech(1.0, 3.0, 0.05, rounding=0.01)
    shapes = [speech.mouth(t) for t in np.arange(0.0, 4.0, 0.01)]
    mouths = np.array([(jaw, lips.get(LIP_PUCKER, 0.0)) for jaw, lips in shapes])
    assert 0.04 < mouths[:, 0].max() <= 0.05
    assert 0.009 < mouths[:, 1].max() <= 0.01
    assert not mouths[:100].any()
    assert not mouths[300:].any()


@given(st.floats(0.5, 4.0), st.floats(0.005, 0.09), st.integers(0, 10**6))
def test_sounds_move_jaw_and_lips_as_far_as_said_and_only_while_they_last(seconds, opening, seed):
    saying = articulate(1.0, 1.0 + seconds, opening, np.random.default_rng(seed))
    mouths = [saying.mouth(t) for t in np.arange(0.0, 6.0, 0.01)]
    jaws = np.array([jaw for jaw, _ in mouths])
    # A sound said with force moves half as much again as an ordinary one.
    assert 0.0 <= jaws.min() <= jaws.max() <= 1.5 * opening
    assert all(0.0 <= strength <= 1.5 * 0.03 for _, lips in mouths for strength in lips.values())
    assert not jaws[:100].any()
    assert not jaws[round(100 * (1.0 + seconds)) + 1 :].any()
    # No sound is a jump: within a hundredth of a second a jaw covers a part of its way only.
    assert np.abs(np.diff(jaws)).max() <= opening


def test_sounds_open_and_shut_the_mouth_several_times_a_second_and_are_formed_with_the_lips():
    saying = articulate(0.0, 60.0, 0.05, np.random.default_rng(3))
    mouths = [saying.mouth(t) for t in np.arange(0.01, 60.0, 0.01)]
    jaws = np.array([jaw for jaw, _ in mouths])
    way = np.sign(np.diff(jaws))
    openings = np.count_nonzero((way[:-1] > 0) & (way[1:] < 0)) / 60
    # People say 3 to 7 syllables a second.
    assert 3.0 < openings < 7.0
    lips = np.array([[strengths[au] for au in LIP_UNITS] for _, strengths in mouths])
    assert (lips.max(axis=0) > 0).all()
    pressed = lips[:, LIP_UNITS.index(24)]
    assert np.median(jaws[pressed > 0.9 * pressed.max()]) < 0.01  # p, b and m are said with shut lips


@pytest.mark.parametrize(("fps", "frames", "renderings"), [(10, 1, 1), (30, 3, 2), (200, 14, 2)])
def test_a_key_frame_at_rest_is_exposed_to_as_many_frames_as_the_pipeline_averages(fps, frames, renderings):
    duration = 4 * max(round(fps / 10), 1) / fps
    onset, apex, offset = 1.0, 1.0 + duration / 2, 1.0 + duration
    exposures = mean_exposures(np.array([onset - duration / 2, onset, apex, offset]), fps)
    for exposure in (exposures[0], exposures[1], exposures[3]):
        assert len(exposure.times) == renderings
        # The mean of the renderings is as quiet as that of all frames.
        assert exposure.noise**2 / renderings == pytest.approx(1 / frames)
    shown = [time for exposure in exposures for time in exposure.times]
    assert shown == sorted(shown)
    assert max(exposures[1].times) <= onset
    assert min(exposures[3].times) >= offset
    assert np.mean(exposures[2].times) == pytest.approx(apex)


def test_a_single_frame_is_exposed_once_with_all_its_noise():
    frames = np.array([0.0, 0.1, 0.2, 0.4])
    assert [(e.times, e.noise) for e in single_exposures(frames)] == [((time,), 1.0) for time in frames.tolist()]


@pytest.mark.parametrize("h264", [0.0, 1.0])
def test_a_mean_of_frames_is_quieter_than_a_single_one(h264):
    portrait = Portrait.from_photo(face_picture(), load_muscles()).around_face(2.4)
    still = Conditions(frame_rates=(60, 60), face_sizes=(100, 100), crf=(10, 10), h264=h264, jpeg=0, noise=(7, 7))
    noise = {}
    for averaged in (0.0, 1.0):
        camera = ClipCamera(replace(still, averaged=averaged))
        takes = [camera.shoot(portrait, load_muscles(), np.random.default_rng(seed)) for seed in range(3)]
        camera.close()
        # Half of all neighbours on a face look alike: what they differ by is noise.
        steps = [np.diff(picture.astype(float), axis=1) for take in takes for picture in take.pictures]
        noise[averaged] = np.mean([np.median(np.abs(step)) for step in steps])
    assert noise[1.0] < 0.75 * noise[0.0]


def test_a_clip_depends_on_its_seed_alone():
    portrait = Portrait.from_photo(face_picture(), load_muscles()).around_face(2.4)
    camera = ClipCamera()
    clips = [camera.film(portrait, np.random.default_rng(s)) for s in (1, 2, 1)]
    camera.close()
    np.testing.assert_array_equal(clips[0].representation.maps, clips[2].representation.maps)
    assert not np.array_equal(clips[0].representation.maps, clips[1].representation.maps)
    assert 2 * clips[0].representation.maps.shape[-1] == CROP_SIZE


def test_the_measured_flow_of_a_clear_clip_follows_the_true_displacement():
    portrait = Portrait.from_photo(face_picture(), load_muscles()).around_face(2.4)
    camera = ClipCamera(Conditions(peaks=(0.03, 0.03), frame_rates=(200, 200), face_sizes=(120, 120), h264=0, jpeg=0))
    agreements = []
    for seed in range(12):
        clip = camera.film(portrait, np.random.default_rng(seed))
        if EMOTIONS[clip.emotion] != "none":
            truth = clip.displacement.astype(np.float64).ravel()
            seen = np.moveaxis(clip.representation.maps[1, 1:3], 0, 2).astype(np.float64).ravel()
            agreements.append(np.corrcoef(truth, seen)[0, 1])
            assert np.hypot(*np.moveaxis(clip.displacement, 2, 0)).max() == pytest.approx(3.0, rel=0.7)
    camera.close()
    assert np.median(agreements) > 0.6


def test_a_flow_field_shows_its_true_displacement_and_noise():
    for seed in range(6):
        clip = draw_field(np.random.default_rng(seed))
        assert clip.representation.maps[:, 0].max() == 0.0  # no picture
        assert np.isfinite(clip.representation.maps).all()
        assert (clip.peak > 0) == (EMOTIONS[clip.emotion] != "none") == bool(np.any(clip.displacement))
