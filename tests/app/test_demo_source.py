import os
import time

import pytest

from app.sources.demo import demo_truth, ensure_demo


def test_a_rendering_that_is_stopped_leaves_nothing_under_the_final_name(tmp_path):
    def stop(done, _total):
        if done == 3:
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        ensure_demo(tmp_path, stop)
    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_a_killed_rendering_are_cleared_and_younger_ones_are_not(tmp_path):
    old, young = tmp_path / "demo.mkv.1.writing", tmp_path / "demo.mkv.2.writing"
    for path in (old, young):
        path.write_bytes(b"x")
    os.utime(old, (time.time() - 3600, time.time() - 3600))

    def stop(_done, _total):
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        ensure_demo(tmp_path, stop)
    assert list(tmp_path.iterdir()) == [young]


def test_the_truth_tells_of_six_movements_two_of_each_kind(demo_folder):
    truth = demo_truth(demo_folder)
    assert sorted(t.emotion for t in truth) == ["negative", "negative", "positive", "positive", "surprise", "surprise"]
    assert all(0.13 <= t.offset - t.onset <= 0.4 + 1e-9 for t in truth)
    assert all(t.onset < t.apex < t.offset for t in truth)
