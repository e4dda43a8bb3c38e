import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from model.labels import ACTION_UNITS, EMOTIONS
from training.calibration import MOST_CALLED, action_unit_shifts, fit_temperature, none_shift, unsure_threshold
from training.metrics import calibration_error, judge, reliability


def test_temperature_makes_overconfident_logits_calibrated():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 4000)
    honest = rng.normal(0, 1, (4000, 4)).astype(np.float32)
    honest[np.arange(4000), truth] += 1.0
    assert fit_temperature(honest * 5.0, truth) == pytest.approx(5.0 * fit_temperature(honest, truth), rel=0.02)


def test_the_threshold_is_the_lowest_that_is_right_often_enough():
    confidence = np.linspace(0.4, 0.99, 600)
    probabilities = np.stack([confidence, 1 - confidence, 0 * confidence, 0 * confidence], axis=1)
    truth = np.where(confidence > 0.7, 0, 1)  # wrong below 0.7
    # Two thirds of the band above the threshold lie above 0.7.
    assert unsure_threshold(probabilities, truth) == pytest.approx(0.7 - 0.1 / 3, abs=0.011)


def test_a_set_too_small_to_judge_gives_the_careful_threshold():
    probabilities = np.full((3, 4), 0.25)
    assert unsure_threshold(probabilities, np.zeros(3, np.int64)) == 0.95


def test_an_au_that_never_reaches_half_is_shifted_until_naming_it_pays():
    present = np.zeros((100, 2))
    present[:10, 0] = 1
    logits = np.full((100, 2), -3.0, np.float32)
    logits[:10, 0] = -0.95  # always below 0.5, but well above the rest
    shifts = action_unit_shifts(logits, present)
    assert ((logits[:, 0] + shifts[0] >= 0) == present[:, 0]).all()
    assert shifts[1] == 0.0  # does not occur


@given(hnp.arrays(np.float32, st.tuples(st.integers(0, 80), st.just(4)), elements=st.floats(-8, 8, width=32)))
@example(np.array([[4.0, 4.0, 4.0, 1.4]], np.float32))  # a lead of whole steps but for rounding
def test_the_logit_of_none_is_raised_just_as_far_as_talk_asks_for(logits):
    def called(shift):
        shifted = logits.astype(np.float64) + np.array([0.0, 0.0, 0.0, shift])
        return float((shifted.argmax(axis=1) != EMOTIONS.index("none")).mean()) if len(logits) else 0.0

    shift = none_shift(logits)
    assert shift >= 0.0
    assert called(shift) <= MOST_CALLED
    if shift > 0.0:
        assert called(shift - 0.051) > MOST_CALLED


def test_figures_of_a_hand_made_case():
    probabilities = np.eye(4)[[0, 0, 1, 2, 3, 3]].astype(np.float64)
    truth = np.array([0, 1, 1, 2, 3, 0])
    aus = np.zeros((6, len(ACTION_UNITS)))
    aus[0, 0] = 1
    figures = judge(probabilities, aus * 0.9, truth, aus)
    # F1: 0 -> 1/2, 1 -> 2/3, 2 -> 1, 3 -> 2/3
    assert figures.emotion.uf1 == pytest.approx((0.5 + 2 / 3 + 1 + 2 / 3) / 4)
    assert figures.emotion.uar == pytest.approx((0.5 + 0.5 + 1 + 1) / 4)
    assert figures.au_f1 == pytest.approx(1 / len(ACTION_UNITS))
    assert figures.emotion.confusion.sum() == 6
    assert calibration_error(probabilities, truth) == pytest.approx(2 / 6)


@given(st.integers(1, 200), st.integers(0, 9999))
def test_the_bins_of_a_reliability_diagram_hold_every_clip(count, seed):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(4), count)
    truth = rng.integers(0, 4, count)
    bins = reliability(probabilities, truth)
    assert sum(b.share for b in bins) == pytest.approx(1.0)
    accuracy = (probabilities.argmax(axis=1) == truth).mean()
    assert sum(b.share * b.accuracy for b in bins) == pytest.approx(accuracy)
    assert 0.0 <= calibration_error(probabilities, truth) <= 1.0
