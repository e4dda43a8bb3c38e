"""Arrays as Qt images."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from model.crop import CROP_SIZE
from model.frame import Image


def to_qimage(image: Image) -> QImage:
    """A picture ``uint8 [h, w, 3]`` (blue, green, red) as an image that owns its pixels."""
    height, width = image.shape[:2]
    result = QImage(width, height, QImage.Format.Format_RGB32)
    pixels: npt.NDArray[np.uint8] = np.frombuffer(result.bits(), np.uint8).reshape(height, result.bytesPerLine())
    shaped = pixels[:, : 4 * width].reshape(height, width, 4)
    shaped[..., :3] = image
    shaped[..., 3] = 255
    return result


def heatmap(attention: npt.NDArray[np.floating[Any]], colours: str, opacity: float) -> QImage:
    """Spatial attention as a transparent image in crop geometry.

    Args:
        attention: ``[h, w]``, mean 1.
        colours: Name of the colour map.
        opacity: 0-1, where the network looked most.
    """
    from model.amplification import attention_level  # only here: the window is up before the first heatmap is needed

    level = attention_level(attention)
    rgba = np.empty((CROP_SIZE, CROP_SIZE, 4), np.uint8)
    rgba[..., :3] = _table(colours)[(level * 255).astype(np.uint8)]
    rgba[..., 3] = (255 * opacity * np.sqrt(level)).astype(np.uint8)
    return QImage(rgba.data, CROP_SIZE, CROP_SIZE, QImage.Format.Format_RGBA8888).copy()


@lru_cache(maxsize=8)
def _table(colours: str) -> npt.NDArray[np.uint8]:
    import pyqtgraph

    table = pyqtgraph.colormap.get(colours).getLookupTable(nPts=256, alpha=False)
    return np.asarray(table, dtype=np.uint8)
