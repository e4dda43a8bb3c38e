"""A portrait whose face can be moved: the photo, its mesh, and one displacement field per muscle and side."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from model.crop import Points, inter_ocular_distance
from model.errors import FleetingError
from model.face import Face, FaceTracker
from model.frame import Frame, Image
from model.muscles import FaceAxes, Muscles, Pull, Side, muscle_field
from training.synthesis.eyelids import Eyelids
from training.synthesis.gaze import Gaze
from training.synthesis.mouth import Mouth
from training.synthesis.relief import Relief

# The inside of an open mouth, blue, green, red.
_MOUTH_SHADE: Final = np.array([28, 22, 48], dtype=np.float32)
# Displacement fields are smooth: kept at this fraction of the portrait's pixels.
_FIELD_STEP: Final = 4
# Skin that is pressed together folds and darkens, by at most this share.
_DEEPEST_FOLD: Final = 0.25
# A photo is halved until one output pixel covers less than this many of its pixels: more would skip texture.
_MOST_REDUCTION: Final = 1.6
# Swallowing lifts the larynx and the floor of the mouth; no muscle of the table does.
_SWALLOWING: Final = (Pull(x=0.0, y=1.12, dx=0.0, dy=-1.0, sx=0.3, sy=0.13, amplitude=1.0),)
# The mesh settles over a few looks at the same picture.
_LOOKS: Final = 3


class PortraitError(FleetingError):
    """A portrait cannot be used."""


@dataclass(frozen=True, slots=True)
class FaceState:
    """What a face does at one moment.

    Attributes:
        muscles: (AU, side) to peak displacement in fractions of the inter-ocular distance.
        eye_closure: Share of closing of the two eyes, picture left first.
        mouth_opening: Drop of the lower lip in fractions of the inter-ocular distance.
        gaze: Shift of the irises to the picture's right and down, in fractions of the inter-ocular distance.
        turn: Turn of the head to the picture's right and down, in degrees.
        swallowing: Lift of the throat in fractions of the inter-ocular distance.
    """

    muscles: dict[tuple[int, Side], float] = field(default_factory=dict)
    eye_closure: tuple[float, float] = (0.0, 0.0)
    mouth_opening: float = 0.0
    gaze: tuple[float, float] = (0.0, 0.0)
    turn: tuple[float, float] = (0.0, 0.0)
    swallowing: float = 0.0


class Portrait:
    """A still photo of one face, ready to be moved.

    Args:
        image: ``uint8 [h, w, 3]`` upright photo, blue, green, red.
        landmarks: ``float32 [478, 2]`` its face mesh.
        depth: ``float32 [478]`` the mesh's depth in portrait pixels.
        muscles: The muscle table for this person.
    """

    def __init__(self, image: Image, landmarks: Points, depth: npt.NDArray[np.float32], muscles: Muscles) -> None:
        self.image = image
        self.landmarks = landmarks
        self.inter_ocular = inter_ocular_distance(landmarks)
        self.depth = depth
        self._shape = (image.shape[0], image.shape[1])
        self._muscles = muscles
        self._folds = 0.0
        self._axes = FaceAxes.of(landmarks)
        self._fields: dict[tuple[int, Side], npt.NDArray[np.float32]] = {}
        self._eyelids = Eyelids(landmarks)
        self._mouth = Mouth(landmarks, self._shape)
        self._gaze = Gaze(landmarks, self._shape)
        self._relief = Relief(landmarks, depth, self._shape)
        self._levels = [image]

    @classmethod
    def from_photo(cls, image: Image, muscles: Muscles, name: str = "portrait") -> Portrait:
        """Finds the face in a photo.

        Raises:
            PortraitError: If no face is found.
        """
        faces = faces_in(image)
        if not faces:
            raise PortraitError(f"No face was found in {name}. Use a frontal portrait with both eyes visible.")
        return cls(image, faces[0].landmarks, faces[0].depth, muscles)

    def with_muscles(self, muscles: Muscles, folds: float = 0.0) -> Portrait:
        """The same photo with another person's muscles; shares everything else.

        Args:
            muscles: The muscle table for this person.
            folds: How much skin darkens where it is pressed together: share of brightness lost per share of area lost.
        """
        other = copy.copy(self)
        other._muscles, other._folds = muscles, folds
        other._fields = {}
        return other

    def around_face(self, margin: float) -> Portrait:
        """The part of the photo within ``margin`` inter-ocular distances of the face's middle."""
        middle, reach = self.landmarks.mean(axis=0), margin * self.inter_ocular
        low = np.maximum(np.floor(middle - reach), 0).astype(int)
        high = np.minimum(np.ceil(middle + reach).astype(int), self._shape[::-1])
        image = np.ascontiguousarray(self.image[low[1] : high[1], low[0] : high[0]])
        return Portrait(image, self.landmarks - low.astype(np.float32), self.depth, self._muscles)

    def displacement(self, state: FaceState) -> npt.NDArray[np.float32]:
        """Displacement by the muscles alone, in portrait pixels.

        Returns:
            ``float32 [ceil(h / 4), ceil(w / 4), 2]``: sample (i, j) belongs to portrait pixel (4 i, 4 j).
        """
        x, y = self._grid()
        moved = np.zeros((y.size, x.size, 2), dtype=np.float32)
        for key, strength in state.muscles.items():
            moved += np.float32(strength * self.inter_ocular) * self._field(*key)
        return moved

    def displacement_in(
        self, state: FaceState, view: npt.NDArray[np.float64], size: tuple[int, int]
    ) -> npt.NDArray[np.float32]:
        """The muscles' displacement in the output's place and length, ``float32 [height, width, 2]``.

        Args:
            state: What the face does.
            view: ``float64 [2, 3]`` from output pixels to portrait pixels.
            size: Width and height of the output.
        """
        moved = _from_grid(self.displacement(state), view, size)
        return np.asarray(moved @ np.linalg.inv(view[:, :2]).T, dtype=np.float32)

    def render(self, state: FaceState, view: npt.NDArray[np.float64], size: tuple[int, int]) -> npt.NDArray[np.float32]:
        """Films the face.

        Args:
            state: What the face does.
            view: ``float64 [2, 3]`` from output pixels to portrait pixels (the camera and the head's motion).
            size: Width and height of the output.

        Returns:
            ``float32 [height, width, 3]`` in 0-255, before any camera effect.
        """
        skin = self.displacement(state)
        shade = self._fold_shade(skin) if self._folds else None
        if state.swallowing:
            lift = muscle_field(_SWALLOWING, 1, self._axes, *self._grid()) * 2.0  # the throat is no half of the face
            skin += np.float32(state.swallowing * self.inter_ocular) * lift
        if any(state.turn):
            skin += self._relief.turned(*self._grid(), state.turn)
        moved = _from_grid(skin, view, size)
        shadow: npt.NDArray[np.float32] | None = None
        if any(state.eye_closure) or any(state.gaze) or state.mouth_opening > 0.0:
            sharp = np.zeros((*self._shape, 2), dtype=np.float32)
            if any(state.gaze):
                across, down = state.gaze
                self._gaze.add_shift(sharp, (across * self.inter_ocular, down * self.inter_ocular))
            self._eyelids.add_closure(sharp, state.eye_closure)
            if state.mouth_opening > 0.0:
                shadow = np.zeros(self._shape, dtype=np.float32)
                self._mouth.add_opening(sharp, shadow, state.mouth_opening * self.inter_ocular)
            moved += cv2.warpAffine(sharp, view, size, flags=_BACKWARD, borderMode=cv2.BORDER_REPLICATE)
        picture = self._look_up(view, moved)
        if shade is not None:
            picture *= 1.0 + _from_grid(shade, view, size)[..., None]
        if shadow is not None:
            dark = cv2.warpAffine(shadow, view, size, flags=_BACKWARD)[..., None]
            picture += dark * (_MOUTH_SHADE - picture)
        return picture

    def _grid(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        height, width = self._shape
        return (
            np.arange(0, width, _FIELD_STEP, dtype=np.float64)[None, :],
            np.arange(0, height, _FIELD_STEP, dtype=np.float64)[:, None],
        )

    def _field(self, au: int, side: Side) -> npt.NDArray[np.float32]:
        if (au, side) not in self._fields:
            self._fields[au, side] = muscle_field(self._muscles[au], side, self._axes, *self._grid())
        return self._fields[au, side]

    def _fold_shade(self, skin: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        divergence = np.gradient(skin[..., 0], axis=1) + np.gradient(skin[..., 1], axis=0)
        change = self._folds * divergence / _FIELD_STEP
        return np.asarray(np.clip(change, -_DEEPEST_FOLD, _DEEPEST_FOLD), dtype=np.float32)

    def _look_up(self, view: npt.NDArray[np.float64], moved: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The photo as seen through ``view`` with its content displaced by ``moved`` (portrait pixels)."""
        reduction = float(np.sqrt(abs(np.linalg.det(view[:, :2]))))
        level = 0
        while reduction > _MOST_REDUCTION * 2**level and min(self._level(level).shape[:2]) > 2:
            level += 1
        image = self._level(level)
        height, width = moved.shape[:2]
        columns = np.arange(width, dtype=np.float32)
        rows = np.arange(height, dtype=np.float32)[:, None]
        map_x = (view[0, 0] * columns + view[0, 1] * rows + view[0, 2]).astype(np.float32) - moved[..., 0]
        map_y = (view[1, 0] * columns + view[1, 1] * rows + view[1, 2]).astype(np.float32) - moved[..., 1]
        # Pixel i of a level covers pixels i * 2^level and the following; their middle is half a pixel off.
        scale, shift = np.float32(0.5**level), np.float32(0.5 * 0.5**level - 0.5)
        seen = cv2.remap(
            image, map_x * scale + shift, map_y * scale + shift, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
        )
        return seen.astype(np.float32)

    def _level(self, level: int) -> Image:
        while len(self._levels) <= level:
            above = self._levels[-1]
            size = (max(1, above.shape[1] // 2), max(1, above.shape[0] // 2))
            even = above[: 2 * size[1], : 2 * size[0]]
            self._levels.append(np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))
        return self._levels[level]


_BACKWARD: Final = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP


def faces_in(image: Image) -> list[Face]:
    """The faces of a still picture."""
    with FaceTracker() as tracker:
        found: list[Face] = []
        for index in range(_LOOKS):
            found = tracker.track(Frame(index, index / 30, image))
    return found


def _from_grid(
    coarse: npt.NDArray[np.float32], view: npt.NDArray[np.float64], size: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Values on the portrait's coarse grid at every pixel of the output."""
    warped = cv2.warpAffine(coarse, view / _FIELD_STEP, size, flags=_BACKWARD, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, dtype=np.float32)
