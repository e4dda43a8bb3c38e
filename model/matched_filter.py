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
from model.history import History
from model.muscles import SIDES, FaceAxes, load_muscles, muscle_field
from model.regions import GROUPS, REGIONS
from model.spot import Kind

# Half widths (seconds) of the humps that are looked for: together they answer to movements of 0.1 to 0.5 s.
_SPANS_S: Final = np.array([0.067, 0.1, 0.14, 0.2])
# The places that are compared are means over this share of the half width, which quiets the camera's noise.
_WIDTHS_S: Final = 0.75 * _SPANS_S
# The lids are left out: lashes, glances and blinks move them all the time.
_WATCHED: Final = np.array([i for i, name in enumerate(REGIONS) if "eyelids" not in name])
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
# The covariance follows within so many seconds; before it is known, this deviation (fraction of the inter-ocular
# distance) is assumed with the weight of so many seconds.
_LEARNING_S: Final = 8.0
_ASSUMED: Final = 0.0012
_ASSUMED_S: Final = 0.7
# A comparison teaches as if it were at most this many deviations large, so that movements do not count as noise.
_MOST_LEARNT: Final = 1.5
# Nothing is told in the first so many seconds: the covariance is not known yet.
_WARM_UP_S: Final = 1.5
# A shorter stretch at rest teaches nothing.
_SHORTEST_REST_S: Final = 1.0
# The filters are made anew from the covariance every so many seconds, with this share of its mean variance added to
# each direction.
_RENEWAL_S: Final = 0.25
_RIDGE: Final = 0.05

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
        covariance: ``float64 [spans, coordinates, coordinates]`` of this face at rest, if it is known.
    """

    def __init__(self, centres: Points, covariance: Array | None = None) -> None:
        patterns, groups, self._kinds = _patterns(centres)
        self._patterns = patterns
        self._of_group = {name: np.flatnonzero(groups == name) for name in GROUPS}
        size = patterns.shape[1]
        assumed = np.repeat(np.eye(size)[None] * _ASSUMED**2, len(_SPANS_S), axis=0)
        self._covariance = assumed if covariance is None else covariance.copy()
        self._assumed_s, self._warm_up_s = (_ASSUMED_S, _WARM_UP_S) if covariance is None else (_LEARNING_S, 0.0)
        self._lessons: tuple[Array, float] | None = None
        self._filters = np.zeros((len(_SPANS_S), *patterns.shape))
        self._inverse = np.zeros_like(self._covariance)
        self._began: float | None = None
        self._renewed = -np.inf

    def push(self, history: History) -> dict[str, Match]:
        """The best match of each group in the newest measurement."""
        now = float(history.times[-1])
        if self._began is None:
            self._began = now
        if now - self._renewed >= _RENEWAL_S:
            self._renew(now)
        known = now - history.times[0] >= 2 * _SPANS_S + _WIDTHS_S
        if not known.any():
            return {}
        ends = np.concatenate([now - lag * _SPANS_S for lag in (0.0, 1.0, 2.0)])
        places = history.means(ends, np.tile(_WIDTHS_S, 3))[:, _WATCHED].reshape(3, len(_SPANS_S), -1)
        there, back = places[1] - places[2], places[1] - places[0]
        humps = (there + back) / 2
        rise, fall = ((self._filters @ way[:, :, None])[:, :, 0] for way in (there, back))
        both = np.minimum(rise, fall) >= _BOTH_WAYS * np.maximum(rise, fall)
        scores = np.where(known[:, None] & both, (rise + fall) / 2, 0.0)
        found = {}
        for name, patterns in self._of_group.items():
            if len(patterns) and now - self._began >= self._warm_up_s:
                own = scores[:, patterns]
                s, k = np.unravel_index(int(own.argmax()), own.shape)
                found[name] = self._match(int(s), int(patterns[k]), float(own[s, k]), now)
        self._learn(humps, known, history)
        return found

    def begin_rest(self) -> None:
        """From now on the face is known to be at rest: everything it does is noise."""
        self._lessons = np.zeros_like(self._covariance), 0.0

    def end_rest(self) -> Array | None:
        """The covariance of the face at rest; None if it was seen too briefly.

        It is in force from now on, with what was assumed in the beginning for what a short stretch cannot show.
        """
        (total, seconds), self._lessons = self._lessons or (self._covariance, 0.0), None
        if seconds < _SHORTEST_REST_S:
            return None
        assumed = np.eye(total.shape[1]) * _ASSUMED**2
        self._covariance = (total + _ASSUMED_S * assumed) / (seconds + _ASSUMED_S)
        self._assumed_s, self._warm_up_s = _LEARNING_S, 0.0
        self._renewed = -np.inf
        return self._covariance.copy()

    def _match(self, span: int, pattern: int, score: float, now: float) -> Match:
        weights = np.zeros((len(REGIONS), 2))
        kernel = self._filters[span, pattern]
        gain = float(kernel @ self._patterns[pattern])
        weights[_WATCHED] = (kernel / gain).reshape(-1, 2)
        # The filter's answer has deviation 1; of three places, two weigh half: 1.5 times the variance of one.
        noise = 1.0 / gain / 1.5**0.5
        top = now - float(_SPANS_S[span] + _WIDTHS_S[span] / 2)
        return Match(score, top, float(_SPANS_S[span]), self._kinds[pattern], noise, weights)

    def _learn(self, humps: Array, known: npt.NDArray[np.bool_], history: History) -> None:
        times = history.times
        elapsed = float(times[-1] - times[-2])
        size = humps.shape[1]
        length = np.sqrt(((self._inverse @ humps[:, :, None])[:, :, 0] * humps).sum(axis=1) / size)
        lesson = humps * np.minimum(1.0, _MOST_LEARNT / np.maximum(length, 1e-9))[:, None]
        seen = float(times[-1]) - (self._began or 0.0)
        share = elapsed / min(_LEARNING_S, seen + self._assumed_s)
        new = lesson[:, :, None] * lesson[:, None, :]
        self._covariance[known] += share * (new - self._covariance)[known]
        if self._lessons is not None and known.all():
            total, seconds = self._lessons
            self._lessons = total + elapsed * humps[:, :, None] * humps[:, None, :], seconds + elapsed

    def _renew(self, now: float) -> None:
        size = self._covariance.shape[1]
        mean = np.trace(self._covariance, axis1=1, axis2=2) / size
        self._inverse = np.linalg.inv(self._covariance + _RIDGE * mean[:, None, None] * np.eye(size))
        kernels = self._patterns @ self._inverse
        self._filters = kernels / np.sqrt((kernels * self._patterns).sum(axis=2))[..., None]
        self._renewed = now


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
    every = np.stack(patterns)[:, _WATCHED]
    lengths = np.linalg.norm(every, axis=2)
    seen = lengths.max(axis=1) >= _VISIBLE
    lower = np.isin(_WATCHED, GROUPS["lower face"])
    in_lower = (lengths[:, lower] ** 2).sum(axis=1) > (lengths[:, ~lower] ** 2).sum(axis=1)
    groups = np.where(in_lower, "lower face", "brows")
    kept = np.flatnonzero(seen)
    return every.reshape(len(every), -1)[kept], groups[kept], [kinds[i] for i in kept]


def _down(shares: dict[str, float]) -> Array:
    """``[regions, 2]``: the named parts move down."""
    pattern = np.zeros((len(REGIONS), 2))
    pattern[:, 1] = [next((share for part, share in shares.items() if part in name), 0.0) for name in REGIONS]
    return pattern
