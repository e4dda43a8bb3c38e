"""Finds short movements by what muscles can do: a matched filter over the regions of the face.

A micro-expression is a hump in time of a pattern in space. In time, the place of the skin is compared with the mean of
its places a little earlier and a little later, which slow drift (the head turns, the light changes) leaves at nought.
In space, the patterns are those of single muscles at this face's regions. Both are weighed against how this face
moves when nothing happens: the covariance of the same comparison, learnt as it goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from model.crop import CENTRE_X, Points
from model.face_noise import SPANS_S, WATCHED, WIDTHS_S, FaceNoise, compare
from model.history import History
from model.muscles import SIDES, FaceAxes, load_muscles, muscle_field
from model.regions import GROUPS, REGIONS
from model.spot import Kind

# Muscles that show outside the lids, and those that only speech uses.
_EXPRESSIVE: Final = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 24, 25)
_SPEAKING: Final = (16, 18)
# Muscles of one group that coders of spontaneous micro-expressions often report together (docs/METHOD.md): what several
# do at once stands out further than the part of one of them.
_TOGETHER: Final = ((1, 2), (1, 2, 5), (1, 4), (4, 7), (6, 12), (12, 14), (12, 17), (15, 17))
# The jaw takes the chin and the lower lip down as a whole, what lies beside and above less.
_JAW: Final = {"lower lip": 1.0, "chin": 1.0, "jowl": 0.7, "mouth corner": 0.35}
# A swallow lifts the throat and the floor of the mouth; of the watched regions the chin lies next to them.
_THROAT: Final = {"chin": 1.0, "jowl": 0.1}
# Face coordinates in the canonical crop: mean of the 87 portraits behind `model.crop` (sd 2 px of origin, 5 of height).
_AXES: Final = FaceAxes(np.array([CENTRE_X, 15.3]), np.array([1.0, 0.0]), np.array([0.0, 1.0]), 48.7, 106.2)
# A muscle whose pattern reaches less than this share of its peak at every watched region is not looked for.
_VISIBLE: Final = 0.3
# The way there and the way back may differ, but the shorter one is at least this share of the longer: the edge of a
# long movement, and the moment before one in the opposite direction, are no humps.
_BOTH_WAYS: Final = 0.25
Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Match:
    """A hump that the filter answers to.

    Attributes:
        score: How many deviations of the face's own noise it stands out by.
        time: Seconds of its top, as far as the filter can tell.
        span: Half width of the filter in seconds.
        kind: What moves so: ``micro`` if it is a muscle that expresses something.
        noise: Standard deviation of that course at rest, likewise.
        weights: ``float64 [regions, 2]``: their scalar product with the displacement is the movement's course, in
            fractions of the inter-ocular distance.
    """

    score: float
    time: float
    span: float
    kind: Kind
    noise: float
    weights: Array


class MatchedFilter:
    """Watches the regions of one face.

    Args:
        centres: ``float32 [regions, 2]`` where the regions lie in the crop.
        noise: What the face does when nothing happens.
    """

    def __init__(self, centres: Points, noise: FaceNoise | None = None) -> None:
        patterns, groups, self._kinds = _patterns(centres)
        self._patterns = patterns
        self._of_group = {name: np.flatnonzero(groups == name) for name in GROUPS}
        self.noise = noise or FaceNoise()
        """What the face does when nothing happens."""
        self._filters = np.zeros((len(SPANS_S), *patterns.shape))

    def push(self, history: History) -> dict[str, Match]:
        """The best match of each group in the newest measurement."""
        now = float(history.times[-1])
        if self.noise.renew(now):
            kernels = self._patterns @ self.noise.inverse
            self._filters = kernels / np.sqrt((kernels * self._patterns).sum(axis=2))[..., None]
        comparison = compare(history)
        if comparison is None:
            return {}
        rise, fall = ((self._filters @ way[:, :, None])[:, :, 0] for way in (comparison.there, comparison.back))
        both = np.minimum(rise, fall) >= _BOTH_WAYS * np.maximum(rise, fall)
        scores = np.where(comparison.known[:, None] & both, (rise + fall) / 2, 0.0)
        found = {}
        for name, patterns in self._of_group.items():
            if len(patterns) and self.noise.is_settled(now):
                own = scores[:, patterns]
                s, k = np.unravel_index(int(own.argmax()), own.shape)
                found[name] = self._match(int(s), int(patterns[k]), float(own[s, k]), now)
        self.noise.learn(comparison, now, now - float(history.times[-2]))
        return found

    def _match(self, span: int, pattern: int, score: float, now: float) -> Match:
        weights = np.zeros((len(REGIONS), 2))
        kernel = self._filters[span, pattern]
        gain = float(kernel @ self._patterns[pattern])
        weights[WATCHED] = (kernel / gain).reshape(-1, 2)
        # The filter's answer has deviation 1; of three places, two weigh half: 1.5 times the variance of one.
        noise = 1.0 / gain / 1.5**0.5
        top = now - float(SPANS_S[span] + WIDTHS_S[span] / 2)
        return Match(score, top, float(SPANS_S[span]), self._kinds[pattern], noise, weights)


def _patterns(centres: Points) -> tuple[Array, npt.NDArray[np.str_], list[Kind]]:
    """What muscles do to the watched regions, ``[patterns, coordinates]``; the group each shows in; what it means."""
    x, y = (centres[:, axis].astype(np.float64) for axis in (0, 1))
    table = load_muscles()
    patterns: list[Array] = []
    kinds: list[Kind] = []
    alone = {
        unit: [muscle_field(table[unit], side, _AXES, x, y).astype(np.float64) for side in SIDES]
        for unit in (*_EXPRESSIVE, *_SPEAKING)
    }
    for units in (*((unit,) for unit in alone), *_TOGETHER):
        right, left = (np.sum([alone[unit][side] for unit in units], axis=0) for side in range(len(SIDES)))
        patterns += [right, left, right + left]
        kinds += ["speech" if units[0] in _SPEAKING else "micro"] * 3
    # The mouth shuts as often as it opens.
    patterns += [_down(_JAW), -_down(_JAW), -_down(_THROAT)]
    kinds += ["speech", "speech", "swallow"]
    every = np.stack(patterns)[:, WATCHED]
    lengths = np.linalg.norm(every, axis=2)
    seen = lengths.max(axis=1) >= _VISIBLE
    lower = np.isin(WATCHED, GROUPS["lower face"])
    in_lower = (lengths[:, lower] ** 2).sum(axis=1) > (lengths[:, ~lower] ** 2).sum(axis=1)
    groups = np.where(in_lower, "lower face", "brows")
    kept = np.flatnonzero(seen)
    return every.reshape(len(every), -1)[kept], groups[kept], [kinds[i] for i in kept]


def _down(shares: dict[str, float]) -> Array:
    """``[regions, 2]``: the named parts move down."""
    pattern = np.zeros((len(REGIONS), 2))
    pattern[:, 1] = [next((share for part, share in shares.items() if part in name), 0.0) for name in REGIONS]
    return pattern
