import errno
from dataclasses import replace

import numpy as np
import pytest

import training.clipset
from training.clipset import Batch, ClipArrays, ClipSetError, ClipSetPlan, make_clips, training_batches


def test_clips_are_made_once_and_are_the_same_whoever_makes_them(people, tmp_path):
    batches = training_batches(ClipSetPlan(filmed=6, fields=4, held_out=3), people)
    seen = []
    first = make_clips(batches, tmp_path / "a", lambda done, total: seen.append((done, total)), workers=1)
    assert [len(clips) for clips in first] == [6, 4, 3]
    assert seen[-1] == (13, 13)
    seen.clear()
    make_clips(batches, tmp_path / "a", lambda done, total: seen.append((done, total)))
    assert seen == [(13, 13)]
    again = make_clips(batches, tmp_path / "b", workers=2)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.maps, other.maps)
        np.testing.assert_array_equal(one.displacement, other.displacement)
    assert not list(tmp_path.rglob("*.writing"))


def test_training_and_held_out_clips_are_of_different_persons(people):
    filmed, fields, held_out = training_batches(ClipSetPlan(), people)
    assert not set(filmed.people) & set(held_out.people)
    assert not fields.people
    assert len({filmed.seed, fields.seed, held_out.seed}) == 3


def test_a_batch_without_clips_is_refused(tmp_path):
    with pytest.raises(ClipSetError, match="at least one clip"):
        make_clips([Batch(0, seed=0)], tmp_path)


def test_a_full_disk_is_told_with_the_folder_and_leaves_nothing_half_written(tmp_path, monkeypatch):
    def no_room(*_args, **_named):
        raise OSError(errno.ENOSPC, "No space left on device")

    def here(work, items, _progress, _workers):
        return [work(item) for item in items]

    monkeypatch.setattr(training.clipset, "in_parallel", here)
    with monkeypatch.context() as full:
        full.setattr(training.clipset.np, "savez", no_room)
        with pytest.raises(ClipSetError, match=r"disk of .* is full.*--cache"):
            make_clips([Batch(3, seed=0)], tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(make_clips([Batch(3, seed=0)], tmp_path)[0]) == 3


def test_other_conditions_are_other_clips(tmp_path):
    batch = Batch(12, seed=5)
    strong = replace(batch, conditions=replace(batch.conditions, peaks=(0.03, 0.03)))
    weak = replace(batch, conditions=replace(batch.conditions, peaks=(0.004, 0.004)))
    clips = make_clips([strong, weak], tmp_path, workers=1)
    assert clips[0].peak.max() == pytest.approx(0.03)
    assert clips[1].peak.max() == pytest.approx(0.004)


def test_picked_and_joined_clips_keep_their_order(fields):
    even = fields.picked(np.arange(len(fields)) % 2 == 0)
    joined = ClipArrays.joined([even, even])
    np.testing.assert_array_equal(joined.emotion[: len(even)], fields.emotion[::2])
    assert len(joined) == 2 * len(even)
