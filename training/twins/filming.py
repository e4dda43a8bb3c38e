"""Twins filmed: who does what before which camera, the pictures, and the workbook."""

from __future__ import annotations

import functools
import hashlib
import math
import re
import tempfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from openpyxl import Workbook

from model.errors import FleetingError
from model.frame import Image
from model.whole_file import whole_file
from training.people import load_person
from training.pool import in_parallel
from training.synthesis.anatomy import ANATOMY_NAMES, draw_anatomy
from training.synthesis.camera import Camera
from training.synthesis.chance import log_uniform
from training.synthesis.expressions import sample_expression
from training.synthesis.recording import Movement, Recording, Script
from training.synthesis.timecourse import TimeCourse
from training.twins.layouts import FULL_SIZE, LAYOUTS, Counts, Layout, TwinClip

# Raised whenever the twins of a seed change.
_VERSION: Final = 2

# Durations in seconds and share spent rising.
_DURATIONS_S: Final = (0.2, 0.5)
_RISE: Final = (0.35, 0.6)
# Seconds that the pictures begin before the onset, where the database's pictures do.
_LEAD_S: Final = 0.1
# Standard deviation of the head's sway, pixels of the picture.
_SWAY_PX: Final = 0.6


class TwinError(FleetingError):
    """A twin cannot be made."""


def write_twin(
    name: str,
    root: Path,
    people: Sequence[Path],
    counts: Counts,
    subjects: int,
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> list[TwinClip]:
    """Films a twin of a database; its workbook is written last.

    Args:
        name: One of `LAYOUTS`.
        root: Folder to write below.
        people: Prepared portraits; a person of the database is one of them with an anatomy of their own.
        counts: Clips of each label.
        subjects: Persons.
        seed: Of everything. Twins of SMIC-VIS and SMIC-NIR with one seed show the same moments.
        progress: Told (clips done, clips in all).
        workers: Processes; default one per core.

    Returns:
        The clips.

    Raises:
        TwinError: If the database is unknown, or there is nobody to film.
    """
    if name not in LAYOUTS:
        raise TwinError(f"There is no layout of '{name}'. Choose from: {', '.join(LAYOUTS)}.")
    if not people:
        raise TwinError("A twin needs at least one portrait.")
    layout = LAYOUTS[name]
    cast = _cast_number(name, seed)
    clips = _cast(layout, counts, subjects, cast)
    work = functools.partial(_film, name=name, root=root, people=tuple(people), cast=cast)
    in_parallel(work, clips, progress, workers)
    if layout.workbook:
        _write_workbook(layout, clips, root / layout.workbook)
    return clips


def full_size(
    name: str,
    people: Sequence[Path],
    cache: Path,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> Path:
    """A twin with as many clips of each label and as many persons as the real database; filmed once.

    Args:
        name: One of `FULL_SIZE`.
        people: Prepared portraits.
        cache: Folder for it; an interrupted filming leaves nothing behind.
        progress: Told (clips done, clips in all).
        workers: Processes; default one per core.

    Returns:
        The folder of the database.
    """
    counts, subjects = FULL_SIZE[name]
    key = hashlib.sha256("".join([f"{_VERSION}", *(path.name for path in people)]).encode()).hexdigest()[:12]
    place = cache / "twins" / f"{re.sub(r'[^A-Z0-9]+', '-', name)}-{key}"
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix="filming-") as folder:
            whole = Path(folder) / "whole"
            write_twin(name, whole, people, counts, subjects, progress=progress, workers=workers)
            whole.replace(place)
    return place


def _cast_number(name: str, seed: int) -> int:
    """Other people do other things in every database, but two cameras of SMIC saw the same ones."""
    moments = "SMIC-VIS" if name == "SMIC-NIR" else name
    return zlib.crc32(f"{moments} {seed}".encode())


def _cast(layout: Layout, counts: Counts, subjects: int, cast: int) -> list[TwinClip]:
    labels = [label for label, count in counts.items() for _ in range(count)]
    order = np.random.default_rng(cast)
    order.shuffle(labels)
    clips: list[TwinClip] = []
    of_subject = dict.fromkeys(range(1, subjects + 1), 0)
    for n, label in enumerate(labels):
        # Everybody has a clip; who has more is chance.
        subject = n + 1 if n < subjects else int(order.integers(1, subjects + 1))
        of_subject[subject] += 1
        clips.append(_clip(layout, label, subject, of_subject[subject], [cast, n]))
    return clips


def _clip(layout: Layout, label: str, subject: int, number: int, seed: list[int]) -> TwinClip:
    rng = np.random.default_rng(seed)
    film = layout.film
    lead = 0.0 if film.cut else math.ceil(_LEAD_S * film.fps) / film.fps
    duration, rise = float(rng.uniform(*_DURATIONS_S)), float(rng.uniform(*_RISE))
    # The movement begins within the onset frame's interval, not on its edge.
    onset = lead + float(rng.uniform(0.0, 1.0)) / film.fps
    course = TimeCourse(onset, onset + duration * rise, onset + duration)
    muscles = sample_expression(label, log_uniform(film.peaks, rng), rng)
    first = int(rng.integers(layout.first[0], layout.first[1] + 1))
    frames = (math.floor(course.onset * film.fps), round(course.apex * film.fps), math.ceil(course.offset * film.fps))
    return TwinClip(
        subject,
        number,
        label,
        first,
        first + frames[0],
        first + frames[1],
        first + frames[2],
        Movement(label, course, muscles),
        (frames[2] + 1) / film.fps + lead,
        int(rng.integers(2**31)),
    )


def _film(clip: TwinClip, name: str, root: Path, people: tuple[Path, ...], cast: int) -> None:
    cv2.setNumThreads(1)
    layout = LAYOUTS[name]
    film = layout.film
    # A person of this twin: a portrait, and muscles of their own.
    person = np.random.default_rng([cast, 1, clip.subject])
    muscles = draw_anatomy(ANATOMY_NAMES, person)
    portrait = load_person(people[(cast + clip.subject) % len(people)]).with_muscles(
        muscles, folds=float(person.uniform(0.0, 0.4))
    )
    recording = Recording(
        portrait,
        Script(clip.duration, film.fps, movements=(clip.movement,), sway=_SWAY_PX, seed=clip.seed),
        Camera(film.noise, film.blur),
        size=film.size,
        inter_ocular=film.inter_ocular,
        gain=film.gain,
    )
    folder = root / layout.place(clip)
    folder.mkdir(parents=True, exist_ok=True)
    for frame in recording.frames():
        picture = cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY) if film.grey else frame.image
        _write_picture(folder / layout.picture(clip, clip.first + frame.index), np.asarray(picture, dtype=np.uint8))


def _write_picture(path: Path, picture: Image) -> None:
    _, packed = cv2.imencode(path.suffix, picture, [cv2.IMWRITE_JPEG_QUALITY, 95])
    path.write_bytes(packed.tobytes())


def _write_workbook(layout: Layout, clips: Sequence[TwinClip], path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in range(layout.preamble):
        sheet.append([f"Remark {line + 1} on a database of people who do not exist"])
    sheet.append(list(layout.header))
    for clip in sorted(clips, key=lambda c: (c.subject, c.number)):
        sheet.append(list(layout.row(clip)))
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial:
        book.save(partial)
