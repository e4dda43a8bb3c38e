from dataclasses import replace

import numpy as np
import pytest

from model.history import History
from model.hump import HumpWatch
from model.matched_filter import Match
from model.regions import REGIONS
from model.spot import SpotterConfig
from tests.helpers import motion_samples
from training.synthesis.timecourse import TimeCourse

BROW = "left inner brow"
COURSE = TimeCourse(2.0, 2.12, 2.3)


def watched():
    """A watch that has just found a movement of a brow, the filter's answer to it, and what was measured."""
    weights = np.zeros((len(REGIONS), 2))
    weights[REGIONS.index(BROW), 1] = -1.0  # upwards
    match = Match(score=6.0, time=2.12, span=0.1, kind="micro", noise=0.0005, weights=weights)
    history, watch = History(5.0), HumpWatch("brows", SpotterConfig())
    for sample in motion_samples({BROW: lambda t: 0.01 * COURSE.strength(t)}, 3.0, noise=0.0002):
        history.append(sample)
        movement = watch.push(match if sample.time > 2.2 else replace(match, score=0.0), history)
        if movement is not None:
            return watch, movement, match, history
    raise AssertionError("the movement was not found")


def test_a_movement_is_found_once():
    watch, movement, match, history = watched()
    assert movement.curve.apex == pytest.approx(COURSE.apex, abs=0.02)
    for share in (0.8, 1.0, 1.3):
        assert watch.push(replace(match, score=share * match.score), history) is None
        assert watch.best is None


def test_what_stands_out_much_more_or_comes_later_is_another_movement():
    for other in ({"score": 12.0}, {"time": 2.4}):
        watch, _, match, history = watched()
        watch.push(replace(match, **other), history)
        assert watch.best is not None
