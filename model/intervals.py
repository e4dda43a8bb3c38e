"""Comparing intervals of time."""

from __future__ import annotations

from collections.abc import Sequence

Interval = tuple[float, float]
"""Start and end in seconds."""


def intersection_over_union(a: Interval, b: Interval) -> float:
    """Shared time over the time that either covers, 0-1."""
    shared = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    union = (a[1] - a[0]) + (b[1] - b[0]) - shared
    return shared / union if union > 0 else 0.0


def match_one_to_one(found: Sequence[Interval], truth: Sequence[Interval], least: float = 0.5) -> dict[int, int]:
    """Pairs found intervals with true ones, best overlap first, each at most once.

    Args:
        found: Intervals to judge.
        truth: Intervals that are right.
        least: Intersection over union that makes a hit.

    Returns:
        Index of the true interval to index of the found one.
    """
    scores = sorted(
        ((intersection_over_union(f, t), i, j) for i, f in enumerate(found) for j, t in enumerate(truth)),
        reverse=True,
    )
    matched: dict[int, int] = {}
    used: set[int] = set()
    for score, i, j in scores:
        if score >= least and i not in used and j not in matched:
            matched[j] = i
            used.add(i)
    return matched
