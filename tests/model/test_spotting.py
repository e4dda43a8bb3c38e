from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.spot import Spot
from model.spotting import Spotter
from tests.helpers import motion_samples
from training.synthesis.timecourse import TimeCourse

SMILE = ("left mouth corner", "right mouth corner", "left cheek")


def spots_of(samples) -> list[Spot]:
    spotter = Spotter()
    return [spot for sample in samples for spot in spotter.push(sample)] + spotter.finish()


def moving(regions, course: TimeCourse, peak: float):
    return {region: lambda t: peak * course.strength(t) for region in regions}


@pytest.mark.parametrize("fps", [25.0, 30.0, 60.0, 100.0, 200.0])
def test_a_short_movement_is_a_micro_expression_at_every_frame_rate(fps):
    course = TimeCourse(2.013, 2.14, 2.33)
    (spot,) = spots_of(motion_samples(moving(SMILE, course, 0.012), 4.0, fps))
    assert spot.kind == "micro"
    assert spot.apex == pytest.approx(course.apex, abs=0.6 / fps + 0.02)
    assert spot.onset == pytest.approx(course.onset, abs=0.05)
    assert spot.offset == pytest.approx(course.offset, abs=0.06)
    assert set(spot.regions) == set(SMILE)
    assert spot.strength == pytest.approx(0.012, rel=0.2)


@given(seed=st.integers(0, 2**32 - 1), noise=st.floats(0.0001, 0.002))
@settings(max_examples=25)
def test_noise_alone_is_never_a_movement(seed, noise):
    assert spots_of(motion_samples({}, 10.0, noise=noise, seed=seed)) == []


@pytest.mark.parametrize("scale", [0.7, 1.3])
def test_a_source_played_at_another_speed_gives_the_same_movements_at_scaled_times(scale):
    course = TimeCourse(2.0, 2.12, 2.3)
    samples = motion_samples(moving(SMILE, course, 0.012), 4.0, fps=60.0)
    (own,) = spots_of(samples)
    (scaled,) = spots_of([replace(sample, time=scale * sample.time) for sample in samples])
    assert (scaled.kind, scaled.apex_frame) == (own.kind, own.apex_frame)
    assert scaled.apex == pytest.approx(scale * own.apex, abs=0.01)
    assert scaled.onset == pytest.approx(scale * own.onset, abs=0.02)
    assert scaled.offset == pytest.approx(scale * own.offset, abs=0.02)


def test_a_weaker_group_that_lingers_does_not_hold_up_the_report():
    course = TimeCourse(2.0, 2.12, 2.3)

    def lingering(t):
        return 0.5 * 0.015 * course.strength(t - 0.05) if t < 2.25 else 0.006 * float(np.clip(3.0 - t, 0, 0.75))

    spotter = Spotter()
    reported = {}
    samples = motion_samples({**moving(SMILE, course, 0.015), "left inner brow": lingering}, 5.0)
    for sample in samples:
        for spot in spotter.push(sample):
            reported[spot.kind] = sample.time
    assert list(reported) == ["micro"]
    assert reported["micro"] - course.offset < 0.15


def test_slow_drift_is_no_movement():
    drift = {region: lambda t: 0.002 * t for region in SMILE}
    assert spots_of(motion_samples(drift, 20.0)) == []


def test_a_held_smile_is_a_macro_expression():
    def smile(t):
        return 0.05 * float(np.clip((t - 2) / 0.3, 0, 1) * np.clip((3.6 - t) / 0.4, 0, 1))

    (spot,) = spots_of(motion_samples(dict.fromkeys(SMILE, smile), 6.0))
    assert spot.kind == "macro"
    assert spot.duration == pytest.approx(1.6, abs=0.2)


def test_a_blink_is_a_blink():
    course = TimeCourse(2.0, 2.08, 2.25)
    samples = motion_samples(
        moving(("left eyelids", "right eyelids", "left inner brow"), course, 0.05),
        4.0,
        opening=lambda t: 0.3 * (1 - 0.8 * course.strength(t)),
    )
    assert {spot.kind for spot in spots_of(samples)} == {"blink"}


def test_speech_is_speech():
    def talk(t):
        return 0.03 * np.sin(np.pi * 4 * (t - 2)) ** 2 + 0.01 if 2 < t < 4 else 0.0

    kinds = [s.kind for s in spots_of(motion_samples({"lower lip": talk, "chin": talk}, 6.0))]
    assert kinds == ["speech"]


def test_a_micro_expression_of_the_brows_is_found_while_the_mouth_speaks():
    def talk(t):
        return 0.03 * np.sin(np.pi * 4 * (t - 2)) ** 2 + 0.01 if 2 < t < 5 else 0.0

    frown = moving(("left inner brow", "right inner brow"), TimeCourse(3.0, 3.12, 3.3), 0.015)
    spots = spots_of(motion_samples({"lower lip": talk, **frown}, 7.0))
    assert [(s.kind, s.regions[0]) for s in spots if s.kind == "micro"] in (
        [("micro", "left inner brow")],
        [("micro", "right inner brow")],
    )


def test_movements_of_brows_and_mouth_at_once_are_one_event():
    course = TimeCourse(2.0, 2.15, 2.35)
    (spot,) = spots_of(motion_samples(moving((*SMILE, "left inner brow"), course, 0.015), 4.0))
    assert "left inner brow" in spot.regions
    assert "left mouth corner" in spot.regions


def test_a_movement_that_the_recording_cuts_off_is_rejected_with_its_reason():
    course = TimeCourse(1.8, 2.0, 2.4)
    (spot,) = spots_of(motion_samples(moving(SMILE, course, 0.02), 2.03))
    assert (spot.kind, spot.reason) == ("rejected", "the face or the recording ended")


def test_a_gap_in_the_frames_starts_anew_without_an_event():
    first = motion_samples({}, 2.0)
    jumped = motion_samples({region: lambda _t: 0.05 for region in SMILE}, 2.0, times=list(np.arange(5, 8, 1 / 30)))
    assert spots_of(first + jumped) == []


def test_variable_frame_rate_does_not_move_the_apex():
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(1 / 45, 1 / 22, 120))
    course = TimeCourse(2.0, 2.15, 2.35)
    (spot,) = spots_of(motion_samples(moving(SMILE, course, 0.015), 0, times=list(times)))
    assert spot.apex == pytest.approx(course.apex, abs=0.03)


def test_memory_stays_bounded_on_a_fast_source():
    spotter = Spotter()
    for sample in motion_samples({}, 10.0, fps=1000.0):
        spotter.push(sample)
    assert len(spotter._history) <= 1440


def test_a_group_that_comes_to_rest_late_does_not_report_the_movement_again():
    course = TimeCourse(2.0, 2.15, 2.35)

    def lingering(t):
        # The lids move with it but need a second to come to rest a little elsewhere.
        return max(0.02 * course.strength(t), 0.006 * float(np.clip(3.4 - t, 0, 1)) if t > 2.3 else 0.0)

    samples = motion_samples({**moving(SMILE, course, 0.02), "left eyelids": lingering}, 6.0)
    assert [s.kind for s in spots_of(samples) if s.kind == "micro"] == ["micro"]
