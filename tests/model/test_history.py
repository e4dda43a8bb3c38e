import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.history import History
from model.regions import REGIONS
from tests.helpers import motion_samples


def test_only_the_newest_seconds_are_kept_whatever_comes():
    history = History(span=1.0, capacity=50)
    for sample in motion_samples({}, 20.0, fps=30.0):
        history.append(sample)
        assert len(history) <= 32
        assert history.times[-1] == sample.time
        assert np.array_equal(history.displacement[-1], sample.displacement)
    assert history.times[0] >= history.times[-1] - 1.0
    assert (np.diff(history.times) > 0).all()


def test_fast_sources_keep_fewer_seconds():
    history = History(span=10.0, capacity=40)
    for sample in motion_samples({}, 2.0, fps=240.0):
        history.append(sample)
    assert len(history) == 40


@given(
    end=st.floats(0.5, 3.0),
    width=st.floats(0.0, 0.4),
    fps=st.sampled_from([15.0, 30.0, 100.0]),
    capacity=st.sampled_from([60, 500]),
)
def test_means_are_means(end, width, fps, capacity):
    samples = motion_samples({}, 3.0, fps=fps, noise=0.01)
    history = History(span=2.9, capacity=capacity)
    for sample in samples:
        history.append(sample)
    found = history.means(np.array([end]), np.array([width]))[0]
    kept = [s for s in samples if s.time >= history.times[0] and s.time <= end + 1e-6]
    kept = kept or [s for s in samples if s.time >= history.times[0]][:1]
    wanted = [s.displacement for s in kept if s.time > end - width + 1e-6] or [kept[-1].displacement]
    assert found.shape == (len(REGIONS), 2)
    assert found == pytest.approx(np.mean(wanted, axis=0), abs=1e-9)
