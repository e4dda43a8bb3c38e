"""The muscle table: Gaussian pulls of the skin in face coordinates, and the fields they make on a face."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from assets import MUSCLES_TOML
from model.crop import Points

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Side = int
"""+1: the half of the face on the picture's right (the subject's left); -1: the other half."""
SIDES: Final[tuple[Side, Side]] = (-1, 1)

# Face coordinates, from the mesh: outer eye corners, top of the brows (105, 334 and 107, 336), chin.
_OUTER_CORNERS: Final = (33, 263)
_BROW_TOPS: Final = (105, 334, 107, 336)
_CHIN: Final = 152
_HALF_WIDTH: Final = 1.4  # half the face in outer-eye-corner distances from the midline


@dataclass(frozen=True, slots=True)
class Pull:
    """One Gaussian pull of the skin, given for the half with x > 0.

    Attributes:
        x: Centre, 0 on the midline, 1 at the face's edge.
        y: Centre, 0 at the brows' top, 1 at the chin.
        dx: Direction, positive away from the midline.
        dy: Direction, positive down.
        sx: Standard deviation along x, in units of x.
        sy: Standard deviation along y, in units of y.
        amplitude: Strength relative to the muscle's other pulls.
    """

    x: float
    y: float
    dx: float
    dy: float
    sx: float
    sy: float
    amplitude: float


Muscles = dict[int, tuple[Pull, ...]]


def load_muscles(path: Path = MUSCLES_TOML) -> Muscles:
    """Reads the table: AU number to its pulls."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        int(name.removeprefix("AU")): tuple(Pull(**pull) for pull in entry["pulls"]) for name, entry in table.items()
    }


@dataclass(frozen=True, slots=True)
class FaceAxes:
    """Face coordinates of one portrait.

    Attributes:
        origin: Picture pixel of x = 0, y = 0.
        across: Unit vector to the picture's right along the eyes.
        down: Unit vector from brows to chin.
        half_width: Pixels of one unit of x.
        height: Pixels of one unit of y.
    """

    origin: npt.NDArray[np.float64]
    across: npt.NDArray[np.float64]
    down: npt.NDArray[np.float64]
    half_width: float
    height: float

    @classmethod
    def of(cls, landmarks: Points) -> FaceAxes:
        """The axes of a face mesh ``float32 [478, 2]``."""
        points = landmarks.astype(np.float64)
        right, left = points[_OUTER_CORNERS[0]], points[_OUTER_CORNERS[1]]
        middle = (right + left) / 2
        across = (left - right) / np.linalg.norm(left - right)
        down = np.array([-across[1], across[0]])
        top = float(np.mean((points[list(_BROW_TOPS)] - middle) @ down))
        chin = float((points[_CHIN] - middle) @ down)
        width = float(np.linalg.norm(left - right)) / 2 * _HALF_WIDTH
        return cls(middle + top * down, across, down, width, chin - top)

    def coordinates(
        self, x: npt.NDArray[np.floating[Any]], y: npt.NDArray[np.floating[Any]]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Face coordinates of picture pixels."""
        dx, dy = x - self.origin[0], y - self.origin[1]
        return (
            np.asarray((dx * self.across[0] + dy * self.across[1]) / self.half_width),
            np.asarray((dx * self.down[0] + dy * self.down[1]) / self.height),
        )


def muscle_field(
    pulls: tuple[Pull, ...],
    side: Side,
    axes: FaceAxes,
    x: npt.NDArray[np.floating[Any]],
    y: npt.NDArray[np.floating[Any]],
) -> npt.NDArray[np.float32]:
    """Displacement that one muscle of one half makes, scaled to a peak of 1.

    A pull on the midline belongs to both halves and is made in equal parts by each.

    Args:
        pulls: The muscle's pulls.
        side: Half of the face.
        axes: Face coordinates of the portrait.
        x: Picture columns ``[h, w]`` (or broadcastable).
        y: Picture rows.

    Returns:
        ``float32 [h, w, 2]`` in multiples of the peak displacement.
    """
    face_x, face_y = axes.coordinates(x, y)
    total = np.zeros((*np.broadcast(face_x, face_y).shape, 2))
    for pull in pulls:
        weight = pull.amplitude * np.exp(
            -0.5 * ((face_x - side * pull.x) / pull.sx) ** 2 - 0.5 * ((face_y - pull.y) / pull.sy) ** 2
        )
        if pull.x == 0.0:
            weight = weight * 0.5
        total += weight[..., None] * (side * pull.dx * axes.across + pull.dy * axes.down)
    if all(pull.x == 0.0 for pull in pulls):
        # Both halves together reach the peak; what they pull sideways cancels.
        peak = 2.0 * float(np.abs(total @ axes.down).max())
    else:
        peak = float(np.hypot(total[..., 0], total[..., 1]).max())
    return np.asarray(total / max(peak, 1e-9), dtype=np.float32)
