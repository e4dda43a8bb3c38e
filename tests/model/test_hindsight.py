from dataclasses import replace

import numpy as np
import pytest

from model.face_noise import FaceNoise, compare
from model.hindsight import MOST_WAITING, HindsightSpotter, NoiseAround
from model.history import History
from model.spot import LOOK_AHEAD_S, Spot, SpotterConfig
from model.spotting import Spotter
from tests.helpers import SMILE, motion_samples
from training.synthesis.timecourse import TimeCourse

CONFIG = SpotterConfig(look_ahead=LOOK_AHEAD_S)


def smiles(*courses: TimeCourse, peak: float = 0.012):
    def lifted(share):
        return lambda t: peak * share * sum(course.strength(t) for course in courses)

    return {region: lifted(share) for region, share in SMILE.items()}


def judged(samples, spotter=None) -> list[Spot]:
    spotter = spotter or HindsightSpotter(CONFIG)
    return [spot for sample in samples for spot in spotter.push(sample)] + spotter.finish()


def seen_live(samples) -> list[Spot]:
    return judged(samples, Spotter())


def test_what_is_clear_is_found_as_it_is_live():
    samples = motion_samples(smiles(TimeCourse(4.0, 4.13, 4.3), TimeCourse(11.0, 11.1, 11.25)), 20.0)
    live, later = seen_live(samples), judged(samples)
    assert [spot.kind for spot in later] == [spot.kind for spot in live] == ["micro", "micro"]
    for a, b in zip(live, later, strict=True):
        assert b.apex == pytest.approx(a.apex, abs=0.02)
        assert set(b.regions) == set(a.regions)


def test_a_movement_in_the_first_second_is_found_and_nothing_else():
    course = TimeCourse(0.8, 0.92, 1.08)
    samples = motion_samples(smiles(course, peak=0.006), 12.0, noise=0.0012)
    live = [spot.apex for spot in seen_live(samples) if spot.kind == "micro"]
    assert all(abs(apex - course.apex) > 0.3 for apex in live)
    (spot,) = judged(samples)
    assert spot.kind == "micro"
    assert spot.apex == pytest.approx(course.apex, abs=0.04)


@pytest.mark.parametrize("seconds", [1.2, 2.5])
def test_the_noise_of_a_recording_too_short_to_know_it_is_no_movement(seconds):
    for seed in range(5):
        spots = judged(motion_samples({}, seconds, noise=0.0012, seed=seed))
        assert [spot for spot in spots if spot.kind == "micro" and spot.score > 5.0] == []


def test_a_clear_movement_in_a_recording_of_three_seconds_is_found():
    course = TimeCourse(1.4, 1.52, 1.7)
    (spot,) = judged(motion_samples(smiles(course), 3.0))
    assert spot.kind == "micro"
    assert spot.apex == pytest.approx(course.apex, abs=0.03)


def test_a_moment_is_told_as_soon_as_enough_came_after_it():
    course = TimeCourse(4.0, 4.13, 4.3)
    spotter = HindsightSpotter(CONFIG)
    told = [sample.time for sample in motion_samples(smiles(course), 20.0) if spotter.push(sample)]
    assert course.offset + LOOK_AHEAD_S < told[0] < course.offset + LOOK_AHEAD_S + 0.7


def test_a_movement_before_a_gap_is_kept():
    before = motion_samples(smiles(TimeCourse(4.0, 4.13, 4.3)), 6.0)
    behind = [replace(s, time=s.time + 10.0, frame=s.frame + 300) for s in motion_samples({}, 3.0, seed=1)]
    spotter = HindsightSpotter(CONFIG)
    assert [spot.kind for sample in before for spot in spotter.push(sample)] == []
    assert [spot.kind for spot in spotter.push(behind[0])] == ["micro"]
    assert judged(behind[1:], spotter) == []


def test_memory_stays_bounded_on_a_fast_source():
    spotter = HindsightSpotter(CONFIG)
    course = TimeCourse(2.0, 2.13, 2.3)
    told = [sample.time for sample in motion_samples(smiles(course), 8.0, fps=240.0) if spotter.push(sample)]
    assert len(spotter._waiting) <= MOST_WAITING
    assert told[0] < course.offset + MOST_WAITING / 240.0 + 0.7


def test_the_curve_of_motion_belongs_to_the_newest_frame_as_it_does_live():
    live, later = Spotter(), HindsightSpotter(CONFIG)
    for sample in motion_samples(smiles(TimeCourse(2.0, 2.13, 2.3)), 4.0):
        live.push(sample)
        later.push(sample)
        assert later.group_motion == live.group_motion
        assert later.motion == live.motion


def test_movements_while_the_face_was_said_to_be_at_rest_are_rejected_and_the_face_is_known_afterwards():
    spotter, spots = HindsightSpotter(CONFIG), []
    for i, sample in enumerate(motion_samples(smiles(TimeCourse(3.0, 3.12, 3.3)), 16.0)):
        spots += spotter.push(sample)
        if i == 60:
            spotter.rest(3.0)
    spots += spotter.finish()
    assert [spot.kind for spot in spots] == ["rejected"]
    assert spotter.rests == 1
    assert spotter.resting is not None


def test_noise_is_known_from_both_sides_and_without_the_movement_itself():
    """A head that begins to turn: what was seen so far says nothing of it, what comes does."""
    turn = np.random.default_rng(3).normal(0, 0.01, (20, 2))
    samples = [
        replace(s, displacement=s.displacement + turn * np.sin(2 * np.pi * 0.7 * max(0.0, s.time - 6.0)))
        for s in motion_samples({}, 16.0)
    ]
    around, causal, history = NoiseAround(), FaceNoise(), History(2.0)
    for sample in samples:
        around.see(sample)
    for sample in samples:
        history.append(sample)
        causal.renew(sample.time)
        comparison = compare(history)
        if comparison is not None:
            causal.learn(comparison, sample.time, 1 / 30)
        if sample.time >= 6.1:
            break
    around.renew(6.1)
    assert np.trace(around.covariance[-1]) > 3.0 * np.trace(causal.covariance[-1])
