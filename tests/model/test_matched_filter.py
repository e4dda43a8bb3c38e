import numpy as np
import pytest

from model.history import History
from model.matched_filter import _AXES, MatchedFilter
from model.muscles import SIDES, load_muscles, muscle_field
from model.regions import REGIONS
from tests.helpers import JAW, demo_centres, motion_samples
from training.synthesis.timecourse import TimeCourse

COURSE = TimeCourse(3.0, 3.13, 3.3)


def field(unit):
    """What both halves of a muscle do to the regions, ``[regions, 2]``."""
    x, y = demo_centres()[:, 0].astype(float), demo_centres()[:, 1].astype(float)
    return sum(muscle_field(load_muscles()[unit], side, _AXES, x, y).astype(float) for side in SIDES)


def scores(displaced, noise=0.0006, seconds=5.0, fps=30.0, turn=None, seed=0):
    """The best match of each group over time; ``displaced`` ``[regions, 2]`` follows the course."""
    history, matched = History(5.0), MatchedFilter(demo_centres())
    found = {"brows": [], "lower face": []}
    for sample in motion_samples({}, seconds, fps=fps, noise=noise, seed=seed):
        sample.displacement[:] += COURSE.strength(sample.time) * displaced
        if turn is not None:
            sample.displacement[:] += turn * np.sin(2 * np.pi * 0.3 * sample.time)
        history.append(sample)
        for group, match in matched.push(history).items():
            found[group].append(match)
    return found


@pytest.mark.parametrize(("unit", "group"), [(1, "brows"), (4, "brows"), (12, "lower face"), (15, "lower face")])
@pytest.mark.parametrize("fps", [25.0, 60.0, 200.0])
def test_a_muscle_is_found_in_its_group_at_its_time(unit, group, fps):
    found = scores(0.01 * field(unit), fps=fps)
    best = max(found[group], key=lambda m: m.score)
    assert best.score > 10.0
    assert best.time == pytest.approx(COURSE.apex, abs=0.05)
    assert best.kind == "micro"
    other = max(m.score for name, matches in found.items() if name != group for m in matches)
    assert best.score > 2.0 * other


def test_the_weights_give_the_movements_size_and_its_noise():
    best = max(scores(0.01 * field(12))["lower face"], key=lambda m: m.score)
    assert (best.weights * 0.01 * field(12)).sum() == pytest.approx(0.01, rel=0.35)
    assert 0.0 < best.noise < 0.0006


def test_the_filter_learns_how_a_face_turns_and_looks_past_it():
    rng = np.random.default_rng(3)
    turn = rng.normal(0, 0.01, (len(REGIONS), 2))
    still = max(m.score for m in scores(np.zeros((len(REGIONS), 2)), seconds=12.0, turn=turn)["lower face"][-150:])
    assert still < 5.0
    moving = scores(0.01 * field(12), seconds=5.0, turn=turn)
    best = max(moving["lower face"], key=lambda m: m.score)
    assert best.time == pytest.approx(COURSE.apex, abs=0.06)
    assert best.score > 5.0


def test_an_opening_jaw_is_speech():
    jaw = np.zeros((len(REGIONS), 2))
    for name, share in JAW.items():
        jaw[REGIONS.index(name), 1] = share
    assert max(scores(0.02 * jaw)["lower face"], key=lambda m: m.score).kind == "speech"


def test_a_stretch_at_rest_teaches_the_filter_all_at_once():
    history, matched = History(5.0), MatchedFilter(demo_centres())
    matched.noise.begin_rest()
    for sample in motion_samples({}, 3.0, noise=0.002):
        history.append(sample)
        matched.push(history)
    learnt = matched.noise.end_rest()
    assert learnt is not None
    assert np.sqrt(np.trace(learnt, axis1=1, axis2=2) / learnt.shape[1]).mean() > 0.001
    matched.noise.begin_rest()
    assert matched.noise.end_rest() is None
