from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from model.labels import ACTION_UNITS
from training.batches import EMPHASIS, ShuffledBatches, emphasis

ALIKE = np.ones(100)


def shown(order: ShuffledBatches) -> list[int]:
    return [clip for batch in order for clip in batch]


def test_the_order_of_clips_depends_on_seed_and_epoch_alone():
    order = ShuffledBatches(ALIKE, 32, seed=1)
    first = list(order)
    assert list(order) == first
    order.set_epoch(1)
    assert list(order) != first
    assert list(ShuffledBatches(ALIKE, 32, seed=2)) != first
    assert len(ShuffledBatches(ALIKE[:5], 32, seed=0)) == 1


def test_clips_of_equal_share_are_shown_once_an_epoch():
    order = ShuffledBatches(ALIKE, 25, seed=1)
    assert sorted(shown(order)) == list(range(100))


@given(st.lists(st.floats(0.2, 5.0), min_size=1, max_size=80), st.integers(0, 2**32 - 1))
def test_every_clip_is_shown_as_often_as_its_share_asks_rounded_up_or_down(shares, seed):
    counts = np.bincount(shown(ShuffledBatches(np.array(shares), len(shares), seed)), minlength=len(shares))
    asked = np.array(shares) * len(shares) / sum(shares)
    assert counts.sum() == len(shares)
    assert (np.abs(counts - asked) < 1 + 1e-9).all()


def test_clips_whose_action_units_are_hard_to_see_are_shown_more_often():
    units = np.zeros((1000, len(ACTION_UNITS)), np.float32)
    units[:200, ACTION_UNITS.index(10)] = 1
    units[200:600, ACTION_UNITS.index(12)] = 1
    order = ShuffledBatches(emphasis(units), 100, seed=0)
    counts = np.zeros(1000)
    for epoch in range(20):
        order.set_epoch(epoch)
        counts += np.bincount(shown(order), minlength=1000)
    np.testing.assert_allclose(counts[:200].mean() / counts[200:].mean(), EMPHASIS, rtol=0.02)
    assert counts.min() > 10  # the others stay


def test_processes_share_every_batch_and_lose_no_clip(monkeypatch):
    shares = np.linspace(1, 2, 50)
    whole = list(ShuffledBatches(shares, 16, seed=1))
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    parts = []
    for rank in (0, 1):
        monkeypatch.setattr(torch.distributed, "get_rank", lambda rank=rank: rank)
        parts.append(list(ShuffledBatches(shares, 16, seed=1)))
    assert [sorted(a + b) for a, b in zip(*parts, strict=True)] == [sorted(batch) for batch in whole]
