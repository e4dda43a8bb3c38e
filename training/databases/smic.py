"""SMIC (Li et al. 2013): three cameras, labels by folder, apex unmarked."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from training.databases.clip import Clip
from training.databases.emotions import three_class
from training.databases.frames import folder_named, numbered_frames
from training.databases.reading import Reading
from training.databases.workbook import DatabaseError, MissingDatabaseError

FPS: Final = {"HS": 100.0, "VIS": 25.0, "NIR": 25.0}
"""Frames per second of each camera."""
_ROOTS: Final = ("SMIC_all_cropped", "SMIC_all_raw")
_LABELS: Final = ("negative", "positive", "surprise")


def read_smic(root: Path, camera: str) -> Reading:
    """Reads one camera's part: ``SMIC_all_cropped/HS/s01/micro/positive/<clip>/*`` (or ``SMIC_all_raw``).

    Args:
        root: The folder that holds it, or any of the folders on the way to it.
        camera: ``HS``, ``VIS`` or ``NIR``.

    Raises:
        DatabaseError: If it is not there.
    """
    name = f"SMIC-{camera}"
    folder = _camera_folder(root, camera)
    reading = Reading(name)
    for person in sorted(path for path in folder.iterdir() if path.is_dir()):
        micro = folder_named(person, "micro")
        if micro is None:
            reading.skipped.append(f"{person.name}: there is no folder 'micro' in it.")
            continue
        for kind in sorted(path for path in micro.iterdir() if path.is_dir()):
            if kind.name.lower() not in _LABELS:
                reading.skipped.append(f"{person.name}/micro/{kind.name}: this label is not known.")
                continue
            for place in sorted(path for path in kind.iterdir() if path.is_dir()):
                _add(reading, name, person.name, kind.name.lower(), place, FPS[camera])
    if not reading.clips:
        raise DatabaseError(f"{folder} holds no clips; it may be only half unpacked.")
    return reading


def _camera_folder(root: Path, camera: str) -> Path:
    for base in (root, *(root / name for name in _ROOTS), root.parent):
        folder = folder_named(base, camera)
        if folder is not None:
            return folder
    raise MissingDatabaseError(
        f"There is no folder '{camera}' in {root}. SMIC is expected as {root / _ROOTS[0] / camera / 's01' / 'micro'}."
    )


def _add(reading: Reading, database: str, subject: str, emotion: str, place: Path, fps: float) -> None:
    frames = numbered_frames(place)
    if len(frames) < 2:
        reading.skipped.append(f"{subject}/{place.name}: fewer than two pictures in {place}.")
        return
    numbers = tuple(frames)
    missing = numbers[-1] - numbers[0] + 1 - len(numbers)
    if missing:
        reading.notes.append(f"{subject}/{place.name}: {missing} pictures in between are missing.")
    reading.add(
        Clip(
            database,
            subject,
            place.name,
            tuple(frames.values()),
            numbers,
            numbers[0],
            None,
            numbers[-1],
            fps,
            emotion,
            three_class(emotion),
        )
    )
