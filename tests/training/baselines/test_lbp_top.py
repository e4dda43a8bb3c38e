"""LBP-TOP against an independent count, pixel by pixel."""

import numpy as np
import pytest

from training.baselines.lbp_top import fit_and_judge, lbp_top

# Offsets of the eight neighbours on a circle of radius 1, anticlockwise from the right (rows grow downwards).
ANGLES = 2 * np.pi * np.arange(8) / 8


def bilinear(plane, row, column):
    top, left = int(np.floor(row)), int(np.floor(column))
    down, right = row - top, column - left

    def at(r, c):
        inside = 0 <= r < plane.shape[0] and 0 <= c < plane.shape[1]
        return float(plane[r, c]) if inside else 0.0

    return (
        at(top, left) * (1 - down) * (1 - right)
        + at(top, left + 1) * (1 - down) * right
        + at(top + 1, left) * down * (1 - right)
        + at(top + 1, left + 1) * down * right
    )


def bits(plane, row, column):
    """Which neighbours are at least as bright as the pixel."""
    here = float(plane[row, column])
    places = [(row + round(-np.sin(a), 5), column + round(np.cos(a), 5)) for a in ANGLES]
    return tuple(bilinear(plane, *place) >= here for place in places)


def reference(sequence):
    """Per plane the counts of each pattern: {bits: how often}, patterns with more than two changes in one heap."""
    t, h, w = sequence.shape
    counts = []
    for plane in ("xy", "xt", "yt"):
        found = {}
        for i in range(1, t - 1):
            for y in range(1, h - 1):
                for x in range(1, w - 1):
                    own = {
                        "xy": lambda i=i, y=y, x=x: bits(sequence[i], y, x),
                        "xt": lambda i=i, y=y, x=x: bits(sequence[:, y], i, x),
                        "yt": lambda i=i, y=y, x=x: bits(sequence[:, :, x], i, y),
                    }[plane]()
                    changes = sum(a != b for a, b in zip(own, own[1:] + own[:1], strict=True))
                    key = own if changes <= 2 else "rest"
                    found[key] = found.get(key, 0) + 1
        counts.append(found)
    return counts


def test_it_counts_what_an_independent_look_at_every_pixel_counts():
    rng = np.random.default_rng(3)
    sequence = rng.integers(0, 256, (5, 7, 7), dtype=np.uint8)
    features = lbp_top(sequence).reshape(5, 5, 3, 59)
    # All 25 blocks hold one pixel each, in three pictures: the sum over blocks is the whole plane's histogram.
    whole = features.sum(axis=(0, 1)) * 3
    for plane, counts in enumerate(reference(sequence)):
        assert sorted(whole[plane][whole[plane] > 0].round().astype(int)) == sorted(counts.values())
        assert whole[plane][58] == pytest.approx(counts.get("rest", 0))


def test_every_histogram_sums_to_one_and_blocks_keep_their_place():
    sequence = np.zeros((6, 22, 22), np.uint8)
    sequence[:, :11, :11] = np.random.default_rng(0).integers(0, 256, (6, 11, 11))
    features = lbp_top(sequence).reshape(5, 5, 3, 59)
    assert features.sum(axis=3) == pytest.approx(np.ones((5, 5, 3)), abs=1e-5)
    assert np.array_equal(features[4, 4], features[3, 4])  # black on black
    assert not np.array_equal(features[0, 0], features[4, 4])


def test_a_class_that_nobody_showed_is_never_named():
    rng = np.random.default_rng(1)
    train = np.concatenate([rng.normal(0, 1, (20, 4)), rng.normal(4, 1, (20, 4))]).astype(np.float32)
    labels = np.repeat(np.eye(3, dtype=np.float32)[[0, 2]], 20, axis=0)
    shares = fit_and_judge(train, labels, train, exclusive=True)
    assert (shares.argmax(axis=1) == labels.argmax(axis=1)).mean() > 0.95
    assert (shares[:, 1] == 0).all()
    units = fit_and_judge(train, labels, train, exclusive=False)
    assert ((units >= 0.5) == labels).mean() > 0.95
