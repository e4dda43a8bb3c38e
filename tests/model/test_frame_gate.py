import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.frame import Frame
from model.frame_gate import FASTEST_FPS, NO_TIME, NOT_LATER, TOO_FAST, FrameGate, Verdict

PICTURE = np.zeros((2, 2, 3), np.uint8)


def verdicts(gate, times):
    return [gate.judge(Frame(i, t, PICTURE)) for i, t in enumerate(times)]


@pytest.mark.parametrize("fps", [1.0, 15.0, 30.0, 240.0])
def test_every_frame_of_a_steady_source_is_analysed(fps):
    gate = FrameGate()
    assert set(verdicts(gate, np.round(np.arange(100) / fps, 3))) == {Verdict.ANALYSE}
    assert gate.ignored == {}


@pytest.mark.parametrize("time", [math.nan, math.inf, -math.inf])
def test_a_frame_without_a_time_is_left_out_and_counted(time):
    gate = FrameGate()
    assert verdicts(gate, [0.0, time, 0.1]) == [Verdict.ANALYSE, Verdict.IGNORE, Verdict.ANALYSE]
    assert gate.ignored == {NO_TIME: 1}


def test_repeated_and_slightly_backward_times_are_left_out():
    gate = FrameGate()
    assert verdicts(gate, [0.0, 0.1, 0.1, 0.05, 0.2]) == [
        Verdict.ANALYSE,
        Verdict.ANALYSE,
        Verdict.IGNORE,
        Verdict.IGNORE,
        Verdict.ANALYSE,
    ]
    assert gate.ignored == {NOT_LATER: 2}


def test_a_clock_that_was_set_back_begins_anew():
    gate = FrameGate()
    assert verdicts(gate, [100.0, 100.03, 2.0, 2.03])[2:] == [Verdict.ANEW, Verdict.ANALYSE]


def test_a_source_of_a_thousand_frames_a_second_is_thinned():
    gate = FrameGate()
    kept = verdicts(gate, np.arange(2000) / 1000.0).count(Verdict.ANALYSE)
    assert 200 <= kept / 2.0 <= FASTEST_FPS
    assert gate.ignored[TOO_FAST] == 2000 - kept


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32), max_size=50))
def test_analysed_times_ascend_between_new_beginnings(times):
    gate = FrameGate()
    last = -math.inf
    for time, verdict in zip(times, verdicts(gate, times), strict=True):
        if verdict is Verdict.ANALYSE:
            assert time > last
        if verdict is not Verdict.IGNORE:
            last = time
