from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""Colour picture ``uint8 [height, width, 3]``, channels blue, green, red."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a camera or a recording.

    Attributes:
        index: Number of the frame in its source, from 0; a jump marks frames that were lost on the way.
        time: Seconds since the first frame, by the camera's clock or the recording's time stamps.
        image: ``uint8 [height, width, 3]``, blue, green, red. Never written to after construction.
    """

    index: int
    time: float
    image: Image
