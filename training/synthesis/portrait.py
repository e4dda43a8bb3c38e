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
from model.face import FaceTracker
from model.frame import Frame, Image
from training.synthesis.eyelids import Eyelids
from training.synthesis.mouth import Mouth
from training.synthesis.muscles import FaceAxes, Muscles, Side, muscle_field

# The inside of an open mouth, blue, green, red.
_MOUTH_SHADE: Final = np.array([28, 22, 48], dtype=np.float32)
# Displacement fields are smooth: kept at this fraction of the portrait's pixels.
_FIELD_STEP: Final = 4


class PortraitError(FleetingError):
    """A portrait cannot be used."""


@dataclass(frozen=True, slots=True)
class FaceState:
    """What a face does at one moment.

    Attributes:
        muscles: (AU, side) to peak displacement in fractions of the inter-ocular distance.
        eye_closure: Share of closing of the two eyes, picture left first.
        mouth_opening: Drop of the lower lip in fractions of the inter-ocular distance.
    """

    muscles: dict[tuple[int, Side], float] = field(default_factory=dict)
    eye_closure: tuple[float, float] = (0.0, 0.0)
    mouth_opening: float = 0.0


class Portrait:
    """A still photo of one face, ready to be moved.

    Args:
        image: ``uint8 [h, w, 3]`` upright photo, blue, green, red.
        landmarks: ``float32 [478, 2]`` its face mesh.
        muscles: The muscle table for this person.
    """

    def __init__(self, image: Image, landmarks: Points, muscles: Muscles) -> None:
        self.image = image
        self.landmarks = landmarks
        self.inter_ocular = inter_ocular_distance(landmarks)
        self._shape = (image.shape[0], image.shape[1])
        self._muscles = muscles
        self._axes = FaceAxes.of(landmarks)
        self._fields: dict[tuple[int, Side], npt.NDArray[np.float32]] = {}
        self._eyelids = Eyelids(landmarks)
        self._mouth = Mouth(landmarks, self._shape)

    @classmethod
    def from_photo(cls, image: Image, muscles: Muscles, name: str = "portrait") -> Portrait:
        """Finds the face in a photo.

        Raises:
            PortraitError: If no face is found.
        """
        with FaceTracker(max_faces=1) as tracker:
            # The mesh settles over a few looks at the same picture.
            for index in range(3):
                faces = tracker.track(Frame(index, index / 30, image))
        if not faces:
            raise PortraitError(f"No face was found in {name}. Use a frontal portrait with both eyes visible.")
        return cls(image, faces[0].landmarks, muscles)

    def with_muscles(self, muscles: Muscles) -> Portrait:
        """The same photo with another person's muscles; shares everything else."""
        other = copy.copy(self)
        other._muscles = muscles
        other._fields = {}
        return other

    def around_face(self, margin: float) -> Portrait:
        """The part of the photo within ``margin`` inter-ocular distances of the face's middle."""
        middle, reach = self.landmarks.mean(axis=0), margin * self.inter_ocular
        low = np.maximum(np.floor(middle - reach), 0).astype(int)
        high = np.minimum(np.ceil(middle + reach).astype(int), self._shape[::-1])
        image = np.ascontiguousarray(self.image[low[1] : high[1], low[0] : high[0]])
        return Portrait(image, self.landmarks - low.astype(np.float32), self._muscles)

    def _field(self, au: int, side: Side) -> npt.NDArray[np.float32]:
        if (au, side) not in self._fields:
            height, width = self._shape
            x = np.arange(0, width, _FIELD_STEP, dtype=np.float64)[None, :]
            y = np.arange(0, height, _FIELD_STEP, dtype=np.float64)[:, None]
            self._fields[au, side] = muscle_field(self._muscles[au], side, self._axes, x, y)
        return self._fields[au, side]

    def displacement(self, state: FaceState) -> npt.NDArray[np.float32]:
        """Displacement by the muscles alone, ``float32 [h, w, 2]`` in portrait pixels."""
        height, width = self._shape
        coarse = np.zeros((-(-height // _FIELD_STEP), -(-width // _FIELD_STEP), 2), dtype=np.float32)
        for key, strength in state.muscles.items():
            coarse += np.float32(strength * self.inter_ocular) * self._field(*key)
        # Coarse sample i lies exactly on portrait pixel _FIELD_STEP * i.
        grid = np.array([[1 / _FIELD_STEP, 0, 0], [0, 1 / _FIELD_STEP, 0]], dtype=np.float64)
        return np.asarray(
            cv2.warpAffine(
                coarse,
                grid,
                (width, height),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            dtype=np.float32,
        )

    def render(self, state: FaceState, view: npt.NDArray[np.float64], size: tuple[int, int]) -> npt.NDArray[np.float32]:
        """Films the face.

        Args:
            state: What the face does.
            view: ``float64 [2, 3]`` from output pixels to portrait pixels (the camera and the head's motion).
            size: Width and height of the output.

        Returns:
            ``float32 [height, width, 3]`` in 0-255, before any camera effect.
        """
        displacement = self.displacement(state)
        shadow: npt.NDArray[np.float32] | None = None
        self._eyelids.add_closure(displacement, state.eye_closure)
        if state.mouth_opening > 0.0:
            shadow = np.zeros(self._shape, dtype=np.float32)
            self._mouth.add_opening(displacement, shadow, state.mouth_opening * self.inter_ocular)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        moved = cv2.warpAffine(displacement, view, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        columns = np.arange(size[0], dtype=np.float32)
        rows = np.arange(size[1], dtype=np.float32)[:, None]
        map_x = (view[0, 0] * columns + view[0, 1] * rows + view[0, 2]).astype(np.float32) - moved[..., 0]
        map_y = (view[1, 0] * columns + view[1, 1] * rows + view[1, 2]).astype(np.float32) - moved[..., 1]
        picture = cv2.remap(self.image, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101).astype(
            np.float32
        )
        if shadow is not None:
            dark = cv2.warpAffine(shadow, view, size, flags=flags)[..., None]
            picture += dark * (_MOUTH_SHADE - picture)
        return picture
