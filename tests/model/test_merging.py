import numpy as np
import pytest

from model.merging import GroupMovement, merge, settle_disputes
from model.regions import GROUPS
from model.timing import MovementCurve


def movement(group, kind, onset, offset, strength, score=0.0, disputed=False):
    regions = np.array(GROUPS[group])
    apex = (onset + offset) / 2
    peaks = np.linspace(strength, strength / 3, len(regions))
    return GroupMovement(
        group,
        kind,
        MovementCurve(onset, apex, offset, 0, 5, 9, strength, regions, peaks),
        score=score,
        disputed=disputed,
    )


def kinds(*movements):
    return [spot.kind for spot, _ in merge(list(movements))]


def test_a_blink_takes_over_the_brows_it_drags_along_but_not_the_mouth():
    blink = movement("eyelids", "blink", 1.0, 1.2, 0.04)
    assert kinds(blink, movement("brows", "micro", 1.02, 1.25, 0.008)) == ["blink"]
    assert kinds(blink, movement("lower face", "micro", 1.02, 1.25, 0.008)) == ["blink", "micro"]


def test_what_is_disputed_leads_the_lids_and_stays_disputed():
    brows = movement("brows", "blink", 1.0, 1.25, 0.01, score=8.0, disputed=True)
    ((spot, leader),) = merge([movement("eyelids", "blink", 1.02, 1.2, 0.04), brows])
    assert leader is brows
    assert spot.disputed


def test_two_disputed_movements_at_once_are_one():
    brows = movement("brows", "blink", 1.0, 1.25, 0.01, score=8.0, disputed=True)
    mouth = movement("lower face", "speech", 1.02, 1.2, 0.008, score=5.0, disputed=True)
    ((spot, _),) = merge([mouth, brows])
    assert (spot.kind, spot.disputed) == ("blink", True)


@pytest.mark.parametrize(
    ("score", "onset", "disputed"), [(9.0, 1.02, False), (5.0, 1.02, True), (9.0, 1.5, True)], ids=str
)
def test_a_clearer_movement_at_the_same_time_settles_the_dispute(score, onset, disputed):
    blink = movement("brows", "blink", 1.0, 1.25, 0.01, score=8.0, disputed=True)
    mouth = movement("lower face", "micro", onset, onset + 0.2, 0.008, score=score)
    settled, other = settle_disputes([blink, mouth])
    assert settled.disputed == disputed
    assert (other.kind, other.disputed) == ("micro", False)


def test_movements_apart_in_time_stay_apart():
    assert kinds(movement("brows", "micro", 1.0, 1.2, 0.01), movement("lower face", "micro", 1.15, 1.5, 0.01)) == [
        "micro",
        "micro",
    ]


def test_skin_that_is_slow_to_come_back_is_no_movement_of_its_own():
    smile = movement("lower face", "micro", 1.0, 1.3, 0.012)
    assert kinds(smile, movement("eyelids", "macro", 1.0, 1.6, 0.006)) == ["micro"]
    assert kinds(smile, movement("eyelids", "macro", 1.0, 2.5, 0.006)) == ["micro", "macro"]
    assert sorted(kinds(smile, movement("eyelids", "macro", 1.0, 1.6, 0.03))) == ["macro", "micro"]


def test_the_strongest_group_leads_and_weak_regions_are_not_named():
    ((spot, leader),) = merge(
        [movement("brows", "micro", 1.0, 1.3, 0.008), movement("lower face", "micro", 1.05, 1.35, 0.012)]
    )
    assert leader.curve.strength == spot.strength == pytest.approx(0.012)
    assert spot.regions[0] == "right cheek"
    assert "right inner brow" in spot.regions
    assert "chin" not in spot.regions


def test_what_the_filter_explained_explains_the_same_movement_seen_by_its_size():
    syllable = movement("lower face", "speech", 1.0, 1.3, 0.012, score=9.0)
    assert kinds(syllable, movement("lower face", "micro", 1.02, 1.28, 0.013)) == ["speech"]
    # Neither what another group did, nor the long expression within which somebody spoke a syllable.
    assert sorted(kinds(syllable, movement("brows", "micro", 1.0, 1.3, 0.013))) == ["micro", "speech"]
    assert sorted(kinds(syllable, movement("lower face", "macro", 0.5, 2.5, 0.05))) == ["macro", "speech"]


def test_the_filter_leads_and_no_region_is_named_twice():
    found = movement("brows", "micro", 1.0, 1.3, 0.008, score=7.0)
    ((spot, leader),) = merge([movement("brows", "micro", 1.05, 1.25, 0.012), found])
    assert leader is found
    assert spot.score == 7.0
    assert len(set(spot.regions)) == len(spot.regions)
