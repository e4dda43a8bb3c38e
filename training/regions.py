"""Where the skin truly moved, on the grid of the spatial attention."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from model.astann import ATTENTION_SIDE

# A place has moved if its displacement reaches this share of the largest one.
_MOVED: Final = 0.2


def displaced_region(displacement: npt.NDArray[np.float16]) -> npt.NDArray[np.uint8]:
    """Places that moved.

    Args:
        displacement: ``float16 [n, 64, 64, 2]`` as `training.clipset.ClipArrays`.

    Returns:
        ``uint8 [n, 16, 16]``, 1 where the largest displacement of the place counts; all 0 where nothing moved.
    """
    side = ATTENTION_SIDE
    step = displacement.shape[1] // side
    regions = np.zeros((len(displacement), side, side), dtype=np.uint8)
    for i, field in enumerate(displacement):
        length = np.hypot(*np.moveaxis(field.astype(np.float32), 2, 0))
        places = length.reshape(side, step, side, step).max(axis=(1, 3))
        if places.max() > 0:
            regions[i] = places >= _MOVED * places.max()
    return regions
