import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import face_noise
from model.face_noise import WATCHED, FaceNoise, compare, mirrored
from model.history import History
from model.regions import MIRRORED, REGIONS
from tests.helpers import motion_samples


def learnt(samples):
    """The noise after these measurements."""
    history, noise = History(1.0), FaceNoise()
    for before, sample in zip([None, *samples], samples, strict=False):
        history.append(sample)
        noise.renew(sample.time)
        comparison = compare(history)
        if comparison is not None and before is not None:
            noise.learn(comparison, sample.time, sample.time - before.time)
    return noise


def in_mirror(samples):
    return [
        dataclasses.replace(sample, displacement=sample.displacement[list(MIRRORED)] * (-1.0, 1.0))
        for sample in samples
    ]


def test_every_region_has_its_counterpart():
    assert [MIRRORED[i] for i in MIRRORED] == list(range(len(REGIONS)))
    assert REGIONS[MIRRORED[REGIONS.index("left mouth corner")]] == "right mouth corner"
    assert REGIONS[MIRRORED[REGIONS.index("chin")]] == "chin"


@given(seed=st.integers(0, 2**31), noise=st.floats(1e-4, 1e-2))
def test_a_face_in_a_mirror_has_the_mirrored_noise(seed, noise):
    samples = motion_samples({}, 2.0, noise=noise, seed=seed)
    own = learnt(samples)
    other = learnt(in_mirror(samples))
    np.testing.assert_allclose(mirrored(own.covariance), other.covariance, atol=1e-9 * own.covariance.max())
    np.testing.assert_allclose(mirrored(mirrored(own.covariance)), own.covariance)
    # What is judged by has no side.
    np.testing.assert_allclose(own.inverse, other.inverse, atol=1e-9 * own.inverse.max())


@pytest.mark.parametrize("seed", range(4))
def test_the_mirror_image_teaches_what_a_few_seconds_cannot(seed, monkeypatch):
    samples = motion_samples({}, 10.0, noise=0.001, seed=seed)
    patterns = np.random.default_rng(seed).normal(size=(200, 2 * len(WATCHED)))

    def kept():
        """How much of the best possible signal to noise a filter for each pattern keeps: this noise is white."""
        noise = learnt(samples)
        kernels = patterns @ noise.inverse
        return (kernels * patterns).sum(axis=2) ** 2 / (kernels**2).sum(axis=2) / (patterns**2).sum(axis=1)

    with_mirror = kept().mean(axis=1)
    monkeypatch.setattr(face_noise, "mirrored", lambda covariance: covariance)
    without = kept().mean(axis=1)
    assert (1 - with_mirror < 0.8 * (1 - without)).all()
