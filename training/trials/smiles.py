"""Real smiles, weak and short: photos of the same persons, neutral and smiling, morphed into each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from model.crop import STABLE_LANDMARKS, Points, apply_transform, fit_similarity, inter_ocular_distance
from model.errors import FleetingError
from model.frame import Frame, Image
from model.representation import Representation
from training.pool import in_parallel
from training.recordings import Collector, movements_in
from training.synthesis.camera import Camera
from training.synthesis.portrait import faces_in
from training.synthesis.timecourse import TimeCourse

_NEUTRAL, _SMILING = "_neutral", "_smiling"
# A true smile, but only this share of it, and gone after so many seconds.
_SHARES: Final = (0.10, 0.30)
_DURATIONS: Final = (0.20, 0.40)
_FPS: Final = 30.0
_LEAD_S: Final = 2.0
_TAIL_S: Final = 1.2
# The filmed picture: the face with its surroundings, this many pixels between the eyes.
_SIZE: Final = (480, 480)
_INTER_OCULAR: Final = 90.0
# The displacement between the two photos is interpolated from the mesh on every n-th pixel.
_STEP: Final = 8
_NEIGHBOURS: Final = 32
# Head sway in pixels between frames, sensor noise in grey levels.
_SWAY: Final = 0.4
_NOISE: Final = 3.0


class SmileError(FleetingError):
    """A folder of smile pairs cannot be used."""


@dataclass(frozen=True, slots=True)
class Smile:
    """One morphed smile and what the pipeline made of it.

    Attributes:
        person: Name of the pair.
        share: How much of the full smile was shown.
        found: The movements that were spotted, as the network's inputs; the first that overlaps the smile counts.
    """

    person: str
    share: float
    found: tuple[Representation, ...]


def film_smiles(folder: Path, seed: int, progress: Callable[[int, int], None] | None = None) -> list[Smile]:
    """Morphs every pair of a folder and lets the pipeline find the movement.

    Args:
        folder: Holds ``NAME_neutral.jpg`` and ``NAME_smiling.jpg`` of each person.
        seed: Seed of strength, duration and noise.
        progress: Told (persons done, persons in all).

    Raises:
        SmileError: If the folder holds no pair.
    """
    neutral = sorted(folder.glob(f"*{_NEUTRAL}.*"))
    pairs = [(p, p.with_name(p.name.replace(_NEUTRAL, _SMILING)), seed + i) for i, p in enumerate(neutral)]
    pairs = [pair for pair in pairs if pair[1].is_file()]
    if not pairs:
        raise SmileError(f"{folder} holds no pair of NAME{_NEUTRAL}.jpg and NAME{_SMILING}.jpg.")
    return in_parallel(_film, pairs, progress)


def _film(pair: tuple[Path, Path, int]) -> Smile:
    cv2.setNumThreads(1)
    neutral, smiling, seed = pair
    rng = np.random.default_rng(seed)
    share, duration = float(rng.uniform(*_SHARES)), float(rng.uniform(*_DURATIONS))
    rise = float(rng.uniform(0.3, 0.6))
    course = TimeCourse(_LEAD_S, _LEAD_S + rise * duration, _LEAD_S + duration)
    frames = _frames(_Morph(neutral, smiling), course, share, rng)
    return Smile(neutral.stem.removesuffix(_NEUTRAL), share, tuple(movements_in(frames, Collector())))


def _frames(morph: _Morph, course: TimeCourse, share: float, rng: np.random.Generator) -> Iterator[Frame]:
    camera = Camera(noise=_NOISE)
    sway = np.cumsum(rng.normal(0.0, _SWAY / 4, (round((course.offset + _TAIL_S) * _FPS), 2)), axis=0)
    for index, shift in enumerate(sway):
        time = index / _FPS
        picture = morph.at(share * course.strength(time), shift - sway.mean(axis=0))
        yield Frame(index, time, camera.expose(picture, rng))


class _Morph:
    """Everything between two photos of one person: places moved along the mesh, and textures mixed."""

    def __init__(self, neutral: Path, smiling: Path) -> None:
        first, second = _read(neutral), _read(smiling)
        points, other = _landmarks(first, neutral), _landmarks(second, smiling)
        # The head stands a little differently in the second photo; only the face's change is wanted.
        stable = list(STABLE_LANDMARKS)
        back = fit_similarity(other[stable], points[stable])
        height, width = first.shape[:2]
        self._neutral = first
        self._smiling = np.asarray(
            cv2.warpAffine(second, back, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
            dtype=np.uint8,
        )
        self._moved = _dense(points, apply_transform(back, other) - points, (height, width))
        self._zoom = inter_ocular_distance(points) / _INTER_OCULAR
        self._middle = points.mean(axis=0)

    def at(self, share: float, shift: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
        """The face with ``share`` of the smile, the camera shifted by so many pixels, ``float32 [480, 480, 3]``."""
        x, y = np.meshgrid(np.arange(_SIZE[0]), np.arange(_SIZE[1]))
        column = ((x - _SIZE[0] / 2 + shift[0]) * self._zoom + self._middle[0]).astype(np.float32)
        row = ((y - _SIZE[1] / 2 + shift[1]) * self._zoom + self._middle[1]).astype(np.float32)
        moved = cv2.remap(self._moved, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        picture = np.zeros((*_SIZE[::-1], 3), np.float32)
        for image, weight, way in ((self._neutral, 1 - share, -share), (self._smiling, share, 1 - share)):
            if weight > 0:
                seen = cv2.remap(
                    image, column + np.float32(way) * moved[..., 0], row + np.float32(way) * moved[..., 1],
                    cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE,
                )  # fmt: skip
                picture += np.float32(weight) * seen
        return picture


def _dense(points: Points, motion: Points, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """The mesh's motion at every pixel, ``float32 [h, w, 2]``, fading out away from the face."""
    from scipy.interpolate import RBFInterpolator

    skin = slice(0, 468)
    rows, columns = np.mgrid[0 : shape[0] : _STEP, 0 : shape[1] : _STEP]
    places = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float64)
    low, high = points[skin].min(axis=0), points[skin].max(axis=0)
    inside = np.clip(places, low, high)
    spline = RBFInterpolator(
        points[skin].astype(np.float64), motion[skin].astype(np.float64), neighbors=_NEIGHBOURS, smoothing=2.0,
        kernel="linear",
    )  # fmt: skip
    fade = np.exp(-((np.linalg.norm(places - inside, axis=1) / (0.15 * (high[1] - low[1]))) ** 2))
    field = (spline(inside) * fade[:, None]).reshape(*rows.shape, 2).astype(np.float32)
    return np.asarray(cv2.resize(field, shape[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _read(path: Path) -> Image:
    image = cv2.imread(str(path))
    if image is None:
        raise SmileError(f"{path} cannot be read as a picture.")
    return np.asarray(image, dtype=np.uint8)


def _landmarks(image: Image, path: Path) -> Points:
    faces = faces_in(image)
    if not faces:
        raise SmileError(f"No face was found in {path}.")
    return faces[0].landmarks
