"""Onset, apex and offset of a short movement by fitting its course: a half cosine up and another one down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# Seconds before the top from which on the course counts: the longest rise and some rest before it.
REACH_S: Final = 0.6
# Rises and falls that are tried, seconds, and how far from where the filter saw it the top may lie.
_FLANKS_S: Final = np.array([0.02, 0.035, 0.05, 0.075, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.36, 0.42])
_TOPS_S: Final = np.array([-0.09, -0.06, -0.03, 0.0, 0.03, 0.06, 0.09])
# A rise or fall must span this many frames: less is a single noisy picture.
_FLANK_FRAMES: Final = 1.5
# Then again around the best one, finer: so many seconds to both sides.
_FINER_S: Final = np.array([-0.02, -0.01, 0.0, 0.01, 0.02])
# The resting place drifts with about this speed (standard deviation; inter-ocular distances a second).
_DRIFT: Final = 0.006
_FEWEST: Final = 4
# Share of a movement spent rising: contraction is a little faster than relaxation. Mean and standard deviation.
_RISE_SHARE: Final = 0.44
_RISE_SHARE_SD: Final = 0.12
# Micro-expressions last about so long; mean and standard deviation in seconds.
_LENGTH_S: Final = 0.3
_LENGTH_SD_S: Final = 0.12
# No movement is exactly of this form: standard deviation of what is left, in shares of its height; errors closer
# together than so many seconds are alike.
_MISFIT: Final = 0.16
_INDEPENDENT_S: Final = 0.033


@dataclass(frozen=True, slots=True)
class Hump:
    """A fitted movement.

    Attributes:
        onset: Seconds.
        apex: Seconds.
        offset: Seconds.
        height: In the course's unit.
        explained: Share of the course's variance about its resting place that the movement explains, 0-1. Of a camera
            faster than 30 frames a second the noise counts that is left in the mean over a frame of such a camera.
    """

    onset: float
    apex: float
    offset: float
    height: float
    explained: float


def fit_hump(times: Array, course: Array, top: float, noise: float) -> Hump | None:
    """The half-cosine movement near ``top`` that explains a course best.

    Args:
        times: ``[n]`` seconds, ascending, ending now.
        course: ``[n]`` where the skin is along the movement's direction.
        top: Seconds at which the movement is thought to peak.
        noise: Standard deviation of the course at rest.

    Returns:
        The movement, which may end later than the course; None if there are too few measurements.
    """
    if len(times) < _FEWEST:
        return None
    rest = _Rest(times, noise)
    shortest = _FLANK_FRAMES * float(np.median(np.diff(times)))
    flanks = np.unique(np.maximum(_FLANKS_S, shortest))
    best = _best(times, course, rest, noise, top + _TOPS_S, flanks, flanks)
    if best is None:
        return None
    rises = np.maximum(best.apex - best.onset + _FINER_S, flanks[0])
    falls = np.maximum(best.offset - best.apex + _FINER_S, flanks[0])
    return _best(times, course, rest, noise, best.apex + _FINER_S, rises, falls) or best


class _Rest:
    """Takes out of courses what a resting place with a slight drift would explain."""

    def __init__(self, times: Array, noise: float) -> None:
        self._line = np.stack([np.ones_like(times), times - times.mean()], axis=1)
        prior = np.diag([0.0, (noise / _DRIFT) ** 2])
        self._solve = np.linalg.inv(self._line.T @ self._line + prior)

    def free(self, course: Array) -> Array:
        """``course`` ``[n]`` without it."""
        return np.asarray(course - self._line @ (self._solve @ (self._line.T @ course)))

    def explained(self, on_line: Array) -> Array:
        """How much energy of shapes it explains, from their products with its line ``[..., 2]``."""
        return np.asarray(((on_line @ self._solve) * on_line).sum(axis=-1))

    def on_line(self, shapes: Array) -> Array:
        """Products of shapes ``[..., n]`` with its line, ``[..., 2]``."""
        return np.asarray(shapes @ self._line)


def _best(
    times: Array, course: Array, rest: _Rest, noise: float, tops: Array, rises: Array, falls: Array
) -> Hump | None:
    """The best of all combinations of tops, rises and falls."""
    # A rise and a fall never overlap, so whatever is a sum over time is the sum of theirs: no combination is drawn.
    since = (times - tops[:, None])[:, None]
    up = _flank(np.where(since < 0.0, since, -np.inf) / rises[:, None])
    down = _flank(np.where(since < 0.0, np.inf, since) / falls[:, None])
    freed = rest.free(course)
    shared = _combined(up @ freed, down @ freed)
    energy = _combined((up**2).sum(axis=2), (down**2).sum(axis=2))
    own = energy - rest.explained(rest.on_line(up)[:, :, None] + rest.on_line(down)[:, None])
    gain = np.where((shared > 0.0) & (own > 1e-9), shared**2 / np.maximum(own, 1e-9), 0.0)
    # Near its top a course is flat, and a codec draws the last bit of a slow movement late: there, what faces usually
    # do decides. The more measurements there are, the less each is worth, since their errors go together.
    error = noise**2 + _MISFIT**2 * gain.max() / max(float(own.flat[gain.argmax()]), 1e-9)
    independent = max(1.0, float(np.median(np.diff(times))) ** -1 * _INDEPENDENT_S)
    lengths = rises[:, None] + falls
    unusual = ((rises[:, None] / lengths - _RISE_SHARE) / _RISE_SHARE_SD) ** 2
    unusual += ((lengths - _LENGTH_S) / _LENGTH_SD_S) ** 2
    k = np.unravel_index((gain - error * independent * unusual).argmax(), gain.shape)
    if gain[k] <= 0.0:
        return None
    height = float(shared[k] / own[k])
    # A fast camera's frames are each as noisy as a slow one's, but there are more of them to take the mean of.
    left = freed - rest.free(height * (up[k[0], k[1]] + down[k[0], k[2]]))
    together = round(independent)
    averaged = np.convolve(left, np.full(together, 1.0 / together), mode="same")
    unexplained = (float(course @ freed) - gain[k]) * float(averaged @ averaged) / max(float(left @ left), 1e-18)
    explained = float(gain[k] / max(gain[k] + unexplained, 1e-12))
    top, rise, fall = (float(axis[place]) for axis, place in zip((tops, rises, falls), k, strict=True))
    return Hump(top - rise, top, top + fall, height, explained)


def _flank(phase: Array) -> Array:
    """A half cosine: 1 at phase 0, 0 from 1 on to both sides."""
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.clip(phase, -1.0, 1.0)))


def _combined(of_rises: Array, of_falls: Array) -> Array:
    """Sums ``[tops, rises, falls]`` of values ``[tops, rises]`` and ``[tops, falls]``."""
    return np.asarray(of_rises[:, :, None] + of_falls[:, None])
