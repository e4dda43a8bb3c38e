import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.hump_fit import fit_hump
from training.synthesis.timecourse import TimeCourse


def filmed(course, fps, until, drift=0.0, noise=0.0, seed=0):
    times = np.arange(0.0, until, 1 / fps)
    curve = np.array([0.01 * course.strength(t) for t in times]) + drift * times
    return times, curve + np.random.default_rng(seed).normal(0, noise, len(times)) if noise else curve


@given(
    fps=st.sampled_from([25.0, 30.0, 60.0, 200.0]),
    rise=st.floats(0.07, 0.2),
    fall=st.floats(0.08, 0.22),
    phase=st.floats(0, 1),
)
@settings(max_examples=40)
def test_a_course_is_found_finer_than_the_frames(fps, rise, fall, phase):
    onset = 0.5 + phase / fps
    course = TimeCourse(onset, onset + rise, onset + rise + fall)
    times, curve = filmed(course, fps, course.offset + 0.1)
    hump = fit_hump(times, curve, course.apex + 0.02, noise=0.0003)
    assert hump is not None
    assert hump.apex == pytest.approx(course.apex, abs=0.3 / fps + 0.025)
    assert hump.onset == pytest.approx(course.onset, abs=0.5 / fps + 0.03)
    assert hump.offset == pytest.approx(course.offset, abs=0.5 / fps + 0.03)
    assert hump.height == pytest.approx(0.01, rel=0.2)
    assert hump.explained > 0.9


def test_a_drifting_head_does_not_move_the_apex():
    course = TimeCourse(0.6, 0.72, 0.9)
    hump = fit_hump(*filmed(course, 30.0, 1.0, drift=0.005), 0.72, noise=0.0003)
    assert hump.apex == pytest.approx(course.apex, abs=0.03)


def test_a_step_is_no_hump_that_has_ended():
    step = TimeCourse(0.5, 0.7, 2.7, hold=1.5)
    times, curve = filmed(step, 30.0, 1.0)
    hump = fit_hump(times, curve, 0.75, noise=0.0003)
    assert hump.offset > times[-1]


def test_a_dip_is_no_hump():
    times, curve = filmed(TimeCourse(0.6, 0.72, 0.9), 30.0, 1.1)
    hump = fit_hump(times, -curve, 0.72, noise=0.0003)
    assert hump is None or hump.explained < 0.5


def test_three_frames_are_too_few():
    assert fit_hump(np.arange(3) / 30, np.array([0, 1.0, 0]), 0.03, 0.001) is None


def explained(fps, seed, height=0.01):
    course = TimeCourse(0.6, 0.72, 0.9)
    times = np.arange(0.0, 1.1, 1 / fps)
    curve = np.array([height * course.strength(t) for t in times])
    hump = fit_hump(times, curve + np.random.default_rng(seed).normal(0, 0.005, len(times)), 0.72, noise=0.003)
    return 0.0 if hump is None else hump.explained


def test_frames_as_noisy_as_the_movement_is_large_explain_it_if_there_are_many():
    slow, fast = (np.mean([explained(fps, seed) for seed in range(20)]) for fps in (30.0, 200.0))
    assert slow < 0.4 < 0.65 < fast


def test_many_frames_of_mere_noise_show_no_movement():
    assert np.mean([explained(200.0, seed, height=0.0) for seed in range(20)]) < 0.2
