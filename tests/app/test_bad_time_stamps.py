"""Sources whose clocks are wrong are survived, and what was left out is said."""

import math

import numpy as np
import pytest

from app.headless import OutputOptions, analyse
from app.live.engine import Engine
from model.frame import Frame
from model.pipeline import Pipeline
from tests.helpers import FakeSource, still_frames


def stamped(times):
    pictures = still_frames(8)
    return [Frame(i, float(t), pictures[i % 8].image) for i, t in enumerate(times)]


def analysed(frames, recogniser, folder):
    return analyse(FakeSource(frames), recogniser, folder, OutputOptions(all_kinds=True))


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ([0, 0.033, 0.033, 0.066, 0.1, 0.05, 0.133], "2 frames of fake source are stamped no later"),
        ([0, 0.033, math.nan, 0.1], "1 frames of fake source have no time stamp"),
        (np.arange(60) / 1000, "frames of fake source come faster than 250 a second"),
    ],
)
def test_frames_that_cannot_be_measured_are_named_and_left_out(times, words, recogniser, tmp_path):
    outcome = analysed(stamped(times), recogniser, tmp_path)
    assert outcome.error == ""
    assert outcome.frames == len(times)
    assert any(words in warning for warning in outcome.warnings)


@pytest.mark.parametrize("times", [[0.0], np.arange(5), [0, 0.033, 500.0, 500.033, 1.0, 1.033, 1.066]])
def test_single_slow_and_jumping_sources_give_no_event_and_no_fault(times, recogniser, tmp_path):
    outcome = analysed(stamped(times), recogniser, tmp_path)
    assert (outcome.error, outcome.micro) == ("", [])
    assert outcome.frames_with_face == len(times)


def test_the_live_view_tells_what_it_left_out(recogniser):
    source = FakeSource(stamped([0, 0.033, math.nan, 0.066]))
    engine = Engine(lambda _tell: source, lambda: Pipeline(recogniser), lambda: None, paced=False)
    engine.start()
    engine._finished.wait(30)
    engine.stop()
    assert engine.take_notices() == ["1 frames have no time stamp; they were left out."]
