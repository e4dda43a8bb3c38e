"""The regions of the face whose motion is measured, each tied to points of the mesh."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from model.crop import Points, inter_ocular_distance

# Mesh points whose mean is the region's centre; left and right are the subject's.
_REGION_LANDMARKS: Final[dict[str, tuple[int, ...]]] = {
    "right inner brow": (107, 66, 55, 65),
    "left inner brow": (336, 296, 285, 295),
    "right outer brow": (70, 63, 105, 53),
    "left outer brow": (300, 293, 334, 283),
    "right eyelids": (159, 145, 160, 158),
    "left eyelids": (386, 374, 385, 387),
    "right cheek": (50, 117, 118, 101),
    "left cheek": (280, 346, 347, 330),
    "nose": (4, 45, 275, 195),
    "right nasal wing": (129, 203, 98),
    "left nasal wing": (358, 423, 327),
    "right mouth corner": (61, 57, 186, 92),
    "left mouth corner": (291, 287, 410, 322),
    "right nasolabial fold": (205, 206, 216),
    "left nasolabial fold": (425, 426, 436),
    "right jowl": (202, 204, 211),
    "left jowl": (422, 424, 431),
    "upper lip": (0, 37, 267, 164),
    "lower lip": (17, 84, 314, 18),
    "chin": (199, 175, 200),
}

REGIONS: Final = tuple(_REGION_LANDMARKS)

GROUPS: Final[dict[str, tuple[int, ...]]] = {
    "brows": tuple(i for i, name in enumerate(REGIONS) if "brow" in name),
    "eyelids": tuple(i for i, name in enumerate(REGIONS) if "eyelids" in name),
    "lower face": tuple(i for i, name in enumerate(REGIONS) if "brow" not in name and "eyelids" not in name),
}
"""Regions that usually move together; each group is watched on its own."""

# Lid margins in pairs (upper, lower), three an eye, and the corners of each eye.
_UPPER_LIDS: Final = (159, 158, 160, 386, 385, 387)
_LOWER_LIDS: Final = (145, 153, 144, 374, 380, 373)
_OUTER_CORNERS: Final = (33, 263)
_INNER_CORNERS: Final = (133, 362)
_IRISES: Final = (468, 473)


def region_centres(landmarks: Points) -> Points:
    """Centres ``float32 [regions, 2]`` in the pixels of ``landmarks`` ``[478, 2]``."""
    return np.stack([landmarks[list(points)].mean(axis=0) for points in _REGION_LANDMARKS.values()])


def eye_opening(landmarks: Points) -> float:
    """Height of the eyes' opening over their width, mean of both eyes; about 0.3 open, below 0.15 closed."""
    lids = landmarks[list(_UPPER_LIDS)] - landmarks[list(_LOWER_LIDS)]
    heights = np.sqrt((lids**2).sum(axis=1)).reshape(2, -1).mean(axis=1)
    corners = landmarks[list(_OUTER_CORNERS)] - landmarks[list(_INNER_CORNERS)]
    widths = np.sqrt((corners**2).sum(axis=1))
    return float((heights / np.maximum(widths, 1e-6)).mean())


def gaze(landmarks: Points) -> npt.NDArray[np.float64]:
    """Shift ``float64 [2]`` of the irises from the middle of the eyes, fractions of the inter-ocular distance."""
    middles = (landmarks[list(_OUTER_CORNERS)] + landmarks[list(_INNER_CORNERS)]) / 2
    shift = (landmarks[list(_IRISES)] - middles).mean(axis=0)
    return np.asarray(shift / max(inter_ocular_distance(landmarks), 1e-6), dtype=np.float64)
