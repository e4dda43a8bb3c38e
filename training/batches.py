"""In which order clips are learnt, and how often each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Sampler

from model.labels import ACTION_UNITS

EMPHASISED: Final = (5, 10, 14, 15, 20, 24)
"""Action units that a network misses most often on clips of training persons: small movements, or easily taken for
another one."""
EMPHASIS: Final = 1.5
"""How much more often than others a clip with one of them is shown."""


class ShuffledBatches(Sampler[list[int]]):
    """Batches of indices in an order that depends on seed and epoch alone; several processes share each batch.

    Args:
        shares: How often each clip is shown, relative to the others; ``[n]``. An epoch has as many clips as there are.
        batch: Clips a batch; the incomplete last one of an epoch is dropped unless it is the only one.
        seed: Seed of the order.
    """

    def __init__(self, shares: npt.NDArray[np.floating[Any]], batch: int, seed: int) -> None:
        self._shares, self._batch, self._seed = shares, min(batch, len(shares)), seed
        self._epoch = 0

    def __len__(self) -> int:
        return len(self._shares) // self._batch

    def __iter__(self) -> Iterator[list[int]]:
        order = _drawn(self._shares, np.random.default_rng([self._seed, self._epoch]))
        rank, world = 0, 1
        if torch.distributed.is_initialized():
            rank, world = torch.distributed.get_rank(), torch.distributed.get_world_size()
        for start in range(0, len(self) * self._batch, self._batch):
            yield order[start : start + self._batch][rank::world].tolist()

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning at the start of each epoch."""
        self._epoch = epoch


def emphasis(action_units: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """How often each clip is shown, relative to the others.

    Args:
        action_units: ``[n, 15]``, 1 where the AU is at work.

    Returns:
        ``float32 [n]``.
    """
    columns = [ACTION_UNITS.index(number) for number in EMPHASISED]
    return np.where(action_units[:, columns].any(axis=1), EMPHASIS, 1.0).astype(np.float32)


def _drawn(shares: npt.NDArray[np.floating[Any]], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """As many clips as there are, in random order, each as often as its share asks, rounded up or down by chance."""
    order = rng.permutation(len(shares))
    ends = np.cumsum(shares[order], dtype=np.float64)
    # Marks at equal distances from a random start: each clip is taken once for every mark that lies in its stretch.
    marks = (np.arange(len(shares)) + rng.random()) * (ends[-1] / len(shares))
    # (The last mark may round up to the very end.)
    taken: npt.NDArray[np.int64] = order[np.minimum(np.searchsorted(ends, marks, side="right"), len(shares) - 1)]
    return rng.permutation(taken)
