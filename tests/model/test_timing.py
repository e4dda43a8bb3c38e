import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.timing import measure_curve
from training.synthesis.timecourse import TimeCourse


@given(
    fps=st.sampled_from([25.0, 30.0, 60.0, 120.0, 240.0]),
    rise=st.floats(0.08, 0.25),
    fall=st.floats(0.08, 0.25),
    phase=st.floats(0, 1),
)
@settings(max_examples=60)
def test_onset_apex_and_offset_are_right_to_about_a_frame_at_any_rate(fps, rise, fall, phase):
    onset = 1.0 + phase / fps
    course = TimeCourse(onset, onset + rise, onset + rise + fall)
    times = np.arange(0, 2.5, 1 / fps)
    displacements = np.zeros((len(times), 3, 2))
    displacements[:, 1, 0] = [0.02 * course.strength(t) for t in times]
    strong = times[displacements[:, 1, 0] > 0.005]
    curve = measure_curve(
        times,
        np.arange(len(times)),
        displacements,
        np.array([0, 1, 2]),
        strong[0],
        times[displacements[:, 1, 0].argmax()],
        strong[-1],
    )
    tolerance = 0.6 / fps + 0.15 * max(rise, fall)
    assert curve.onset == pytest.approx(course.onset, abs=tolerance)
    assert curve.apex == pytest.approx(course.apex, abs=0.6 / fps)
    assert curve.offset == pytest.approx(course.offset, abs=tolerance)
    assert curve.onset < curve.apex < curve.offset
    assert curve.onset_frame <= curve.apex_frame <= curve.offset_frame
    assert curve.strength == pytest.approx(0.02, rel=0.15)


def test_a_movement_of_several_humps_lasts_from_the_first_to_the_last():
    times = np.arange(0, 4, 1 / 30)
    humps = [TimeCourse(1.0, 1.15, 1.3), TimeCourse(1.4, 1.55, 1.7), TimeCourse(1.9, 2.05, 2.2)]
    displacements = np.zeros((len(times), 1, 2))
    displacements[:, 0, 1] = [sum(h.strength(t) for h in humps) for t in times]
    curve = measure_curve(times, np.arange(len(times)), displacements, np.array([0]), 1.1, 1.55, 2.1)
    assert curve.onset == pytest.approx(1.0, abs=0.05)
    assert curve.offset == pytest.approx(2.2, abs=0.05)
