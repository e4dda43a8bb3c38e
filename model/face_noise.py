"""How one face moves when nothing happens: what a short movement has to stand out of.

Skin is compared with itself a little earlier and a little later, which leaves slow drift (the head turns, the light
changes) at nought. The covariance of these comparisons over the regions of the face is its noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from model.history import History
from model.regions import REGIONS

SPANS_S: Final = np.array([0.067, 0.1, 0.14, 0.2])
"""Half widths (seconds) of the humps that are looked for: together they answer to movements of 0.1 to 0.5 s."""
WIDTHS_S: Final = 0.75 * SPANS_S
"""The places that are compared are means over this share of the half width, which quiets the camera's noise."""
WATCHED: Final = np.array([i for i, name in enumerate(REGIONS) if "eyelids" not in name])
"""The lids are left out: lashes, glances and blinks move them all the time."""
# The covariance follows within so many seconds; before it is known, this deviation (fraction of the inter-ocular
# distance) is assumed with the weight of so many seconds.
LEARNING_S: Final = 8.0
ASSUMED_S: Final = 0.7
_ASSUMED: Final = 0.0012
# A comparison teaches as if it were at most this many deviations large, so that movements do not count as noise.
_MOST_LEARNT: Final = 1.5
# Nothing is told in the first so many seconds: the covariance is not known yet.
_WARM_UP_S: Final = 1.5
# A shorter stretch at rest teaches nothing.
_SHORTEST_REST_S: Final = 1.0
# What was learnt comes into force every so many seconds, with this share of its mean variance added to each direction.
_RENEWAL_S: Final = 0.25
_RIDGE: Final = 0.05

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Where the skin was, compared with where it was before and where it came to.

    Attributes:
        there: ``float64 [spans, coordinates]`` way from the place before to the one in the middle.
        back: The same from the place afterwards.
        known: ``bool [spans]`` which of them the history is long enough for.
    """

    there: Array
    back: Array
    known: npt.NDArray[np.bool_]

    @property
    def humps(self) -> Array:
        """``float64 [spans, coordinates]`` by how much the middle stands out."""
        return (self.there + self.back) / 2


def compare(history: History) -> Comparison | None:
    """The comparisons that end with the newest measurement; None while the history is too short for all of them."""
    now = float(history.times[-1])
    known = now - history.times[0] >= 2 * SPANS_S + WIDTHS_S
    if not known.any():
        return None
    ends = np.concatenate([now - lag * SPANS_S for lag in (0.0, 1.0, 2.0)])
    places = history.means(ends, np.tile(WIDTHS_S, 3))[:, WATCHED].reshape(3, len(SPANS_S), -1)
    return Comparison(places[1] - places[2], places[1] - places[0], known)


def assumed_covariance() -> Array:
    """``float64 [spans, coordinates, coordinates]`` of a face of which nothing is known."""
    return np.repeat(np.eye(2 * len(WATCHED))[None] * _ASSUMED**2, len(SPANS_S), axis=0)


class FaceNoise:
    """Learns from what was seen so far."""

    def __init__(self) -> None:
        self.covariance = assumed_covariance()
        """``float64 [spans, coordinates, coordinates]`` of the comparisons."""
        self.inverse = np.zeros_like(self.covariance)
        """Its regularised inverse, as it is in force."""
        self._assumed_s, self._warm_up_s = ASSUMED_S, _WARM_UP_S
        self._at_rest: tuple[Array, float] | None = None
        self._began: float | None = None
        self._renewed = -np.inf

    def know(self, at_rest: Array) -> None:
        """Takes the covariance of this face at rest; it is in force from now on."""
        self.covariance = at_rest.copy()
        self._assumed_s, self._warm_up_s = LEARNING_S, 0.0
        self._renewed = -np.inf

    def renew(self, now: float) -> bool:
        """Puts in force what was learnt, if it is time to; True if so."""
        if self._began is None:
            self._began = now
        if now - self._renewed < _RENEWAL_S:
            return False
        self._gather(now)
        size = self.covariance.shape[1]
        mean = np.trace(self.covariance, axis1=1, axis2=2) / size
        self.inverse = np.linalg.inv(self.covariance + _RIDGE * mean[:, None, None] * np.eye(size))
        self._renewed = now
        return True

    def is_settled(self, now: float) -> bool:
        """True as soon as enough was seen to judge by."""
        return now - (self._began or 0.0) >= self._warm_up_s

    def learn(self, comparison: Comparison, now: float, elapsed: float) -> None:
        """Takes one comparison, ``elapsed`` seconds after the one before."""
        self.take(self.lesson(comparison), comparison.known, now, elapsed)
        self._learn_rest(comparison, elapsed)

    def take(self, lesson: Array, known: npt.NDArray[np.bool_], now: float, elapsed: float) -> None:
        """Lets the covariance follow what a comparison taught, where it was ``known``."""
        share = elapsed / min(LEARNING_S, now - (self._began or 0.0) + self._assumed_s)
        self.covariance[known] += share * (lesson[:, :, None] * lesson[:, None, :] - self.covariance)[known]

    def lesson(self, comparison: Comparison) -> Array:
        """What a comparison teaches: its humps, shortened where they are far out of the noise."""
        humps = comparison.humps
        length = np.sqrt(((self.inverse @ humps[:, :, None])[:, :, 0] * humps).sum(axis=1) / humps.shape[1])
        return np.asarray(humps * np.minimum(1.0, _MOST_LEARNT / np.maximum(length, 1e-9))[:, None])

    def begin_rest(self) -> None:
        """From now on the face is known to be at rest: everything it does is noise."""
        self._at_rest = np.zeros_like(self.covariance), 0.0

    def end_rest(self) -> Array | None:
        """The covariance of the face at rest; None if it was seen too briefly.

        It is in force from now on, with what was assumed in the beginning for what a short stretch cannot show.
        """
        (total, seconds), self._at_rest = self._at_rest or (self.covariance, 0.0), None
        if seconds < _SHORTEST_REST_S:
            return None
        at_rest = (total + ASSUMED_S * assumed_covariance()) / (seconds + ASSUMED_S)
        self.know(at_rest)
        return at_rest

    def _gather(self, now: float) -> None:
        """Works out the covariance that is to come into force, where it does not follow what is learnt."""

    def _learn_rest(self, comparison: Comparison, elapsed: float) -> None:
        if self._at_rest is not None and comparison.known.all():
            humps = comparison.humps
            total, seconds = self._at_rest
            self._at_rest = total + elapsed * humps[:, :, None] * humps[:, None, :], seconds + elapsed
