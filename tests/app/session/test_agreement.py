"""Agreement figures against sums done by hand."""

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.session.agreement import compare
from app.session.matching import match


@dataclass(frozen=True)
class M:
    onset: float
    offset: float
    label: str = ""
    face: int = 0


def test_the_figures_are_those_of_a_hand():
    # Ten pairs: labels agree in 4 negative, 3 positive; one negative is called positive, one positive surprise, one
    # surprise surprise. Beside them two that only the first saw and one that only the second saw.
    first = ["neg"] * 5 + ["pos"] * 4 + ["sur"]
    second = ["neg"] * 4 + ["pos"] + ["pos"] * 3 + ["sur"] + ["sur"]
    a = [M(i, i + 0.4, label) for i, label in enumerate(first)] + [M(20, 20.4, "neg"), M(30, 30.4, "neg")]
    b = [M(i + 0.05, i + 0.4, label) for i, label in enumerate(second)] + [M(40, 40.4, "pos")]
    found = compare(a, b)
    assert found.pairs == tuple((i, i) for i in range(10))
    assert (found.only_first, found.only_second) == ((10, 11), (10,))
    assert found.precision == pytest.approx(10 / 11)
    assert found.recall == pytest.approx(10 / 12)
    assert found.f1 == pytest.approx(2 * 10 / (12 + 11))
    # Observed agreement .8; by chance .5*.4 + .4*.4 + .1*.2 = .38.
    assert found.kappa == pytest.approx((0.8 - 0.38) / (1 - 0.38))
    # Krippendorff: 20 values, 9 neg, 8 pos, 3 sur; disagreement observed 4/20, expected 2*(9*8+9*3+8*3)/(20*19).
    assert found.alpha == pytest.approx(1 - (4 / 20) / (2 * (72 + 27 + 24) / (20 * 19)))
    assert found.onset_ms == pytest.approx(50)
    assert found.offset_ms == pytest.approx(0, abs=1e-6)


def test_a_movement_is_paired_once_and_with_its_own_face():
    assert match([M(0, 1), M(0.05, 1.05)], [M(0, 1)]) == [(0, 0)]
    assert match([M(0, 1, face=1)], [M(0, 1, face=0)]) == []
    assert match([M(0, 1)], [M(0.5, 1.5)]) == []  # a third of the whole
    # As many pairs as possible, also where the closest one would cost another.
    assert match([M(0.0, 1.0), M(0.2, 1.2)], [M(0.2, 1.2), M(0.5, 1.5)]) == [(0, 0), (1, 1)]


def test_without_anything_to_compare_nothing_is_claimed():
    nothing = compare([], [])
    assert nothing.f1 == 1.0
    assert math.isnan(nothing.kappa)
    assert math.isnan(nothing.alpha)
    assert math.isnan(compare([M(0, 1, "neg")], [M(0, 1, "neg")]).kappa)  # one label only
    assert compare([M(0, 1)], []).recall == 0.0


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0.05, 0.5), st.sampled_from("abc")), max_size=15))
def test_a_list_agrees_with_itself(rows):
    own = [M(onset, onset + length, label) for onset, length, label in rows]
    found = compare(own, own)
    assert len(found.pairs) == len(own)
    assert found.f1 == 1.0
    assert math.isnan(found.kappa) or found.kappa == pytest.approx(1.0) or len({m.onset for m in own}) < len(own)
