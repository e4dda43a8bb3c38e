"""The persons of a portrait folder: photos read once, kept ready on disk, split into training and held-out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from model.errors import FleetingError
from model.muscles import load_muscles
from model.whole_file import whole_file
from training.pool import in_parallel
from training.synthesis.demo import demo_recording
from training.synthesis.photos import photos_in, read_portrait
from training.synthesis.portrait import Portrait, PortraitError

# Every n-th person, in the order of file names, is held out for validation.
_HELD_OUT_EVERY: Final = 7
# How far around the face (inter-ocular distances) a portrait is kept.
_PORTRAIT_REACH: Final = 2.4
# Raised whenever prepared portraits change.
_VERSION: Final = 1


class PeopleError(FleetingError):
    """A folder of portraits cannot be used."""


@dataclass(frozen=True, slots=True)
class People:
    """The usable persons of a folder.

    Attributes:
        training: Prepared portraits of training persons.
        held_out: Of persons held out for validation.
        refused: What was wrong with each photo that cannot be used.
    """

    training: tuple[Path, ...]
    held_out: tuple[Path, ...]
    refused: tuple[str, ...]


def read_people(
    folder: Path, cache: Path, progress: Callable[[int, int], None] | None = None, workers: int | None = None
) -> People:
    """Finds the face in every photo of a folder; a photo that was read before costs nothing.

    Args:
        folder: Folder with one frontal photo a person.
        cache: Folder for the prepared portraits.
        progress: Told (photos done, photos in all).
        workers: Processes; default one per core.

    Raises:
        PeopleError: If fewer than two photos can be used.
    """
    photos = photos_in(folder)
    store = cache / "people"
    store.mkdir(parents=True, exist_ok=True)
    places = [store / f"{path.stem}-{_content_key(path)}.npz" for path in photos]
    missing = [(path, place) for path, place in zip(photos, places, strict=True) if not place.is_file()]
    done = len(photos) - len(missing)
    problems = in_parallel(
        _prepare, missing, lambda n, _all: progress(done + n, len(photos)) if progress else None, workers
    )
    usable = [place for place in places if place.is_file()]
    refused = tuple(problem for problem in problems if problem)
    if len(usable) < 2:
        reasons = "\n".join(refused)
        raise PeopleError(f"At least two usable portraits are needed in {folder}; {len(usable)} found.\n{reasons}")
    held_out = usable[::_HELD_OUT_EVERY]
    return People(tuple(p for p in usable if p not in held_out), tuple(held_out), refused)


def demo_person(cache: Path) -> Path:
    """The demo's public-domain portrait, prepared like the others, for those who own none."""
    place = cache / "people" / f"demo-{_VERSION}.npz"
    if not place.is_file():
        place.parent.mkdir(parents=True, exist_ok=True)
        _keep(demo_recording().portrait, place)
    return place


def load_person(place: Path) -> Portrait:
    """A prepared portrait."""
    with np.load(place) as kept:
        image = cv2.imdecode(kept["image"], cv2.IMREAD_COLOR)
        assert image is not None
        return Portrait(np.asarray(image, dtype=np.uint8), kept["landmarks"], kept["depth"], load_muscles())


def _content_key(path: Path) -> str:
    return hashlib.sha256(path.read_bytes() + bytes([_VERSION])).hexdigest()[:16]


def _prepare(item: tuple[Path, Path]) -> str:
    """Writes one prepared portrait; returns what is wrong with the photo, or nothing."""
    path, place = item
    cv2.setNumThreads(1)
    try:
        _keep(read_portrait(path, load_muscles()), place)
    except PortraitError as error:
        return str(error)
    return ""


def _keep(whole: Portrait, place: Path) -> None:
    portrait = whole.around_face(_PORTRAIT_REACH)
    _, packed = cv2.imencode(".png", portrait.image)
    with whole_file(place) as partial, partial.open("wb") as file:
        np.savez(file, image=packed, landmarks=portrait.landmarks, depth=portrait.depth)
