"""Synthetic twins of the databases: the owners' folders, file names and workbooks around people who do not exist.

They let everybody try the readers, the protocols and the methods without a licence. Each twin has a camera of its own,
as the real databases do, which makes a real gap between them. Figures on twins say nothing about real people.
"""

from __future__ import annotations

import functools
import hashlib
import math
import re
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from openpyxl import Workbook

from model.errors import FleetingError
from model.frame import Image
from model.muscles import SIDES
from model.whole_file import whole_file
from training.people import load_person
from training.pool import in_parallel
from training.synthesis.anatomy import ANATOMY_NAMES, draw_anatomy
from training.synthesis.camera import Camera
from training.synthesis.chance import log_uniform
from training.synthesis.expressions import sample_expression
from training.synthesis.recording import Movement, Recording, Script
from training.synthesis.timecourse import TimeCourse

# Raised whenever the twins of a seed change.
_VERSION: Final = 2

Counts = dict[str, int]
"""Clips of each three-class label."""

# Durations in seconds and share spent rising.
_DURATIONS_S: Final = (0.2, 0.5)
_RISE: Final = (0.35, 0.6)
# Seconds that the pictures begin before the onset, where the database's pictures do.
_LEAD_S: Final = 0.1
# Standard deviation of the head's sway, pixels of the picture.
_SWAY_PX: Final = 0.6


class TwinError(FleetingError):
    """A twin cannot be made."""


@dataclass(frozen=True, slots=True)
class Film:
    """How a database was filmed.

    Attributes:
        fps: Frames per second.
        size: Width and height of its pictures.
        inter_ocular: Pixels between the eyes.
        noise: Of the sensor, grey levels.
        blur: Of the optics, pixels.
        gain: Brightness.
        grey: Whether the camera sees no colour.
        peaks: Displacements of the strongest muscle, fractions of the inter-ocular distance.
        suffix: Of the picture files.
        cut: Whether the pictures begin at the onset and end at the offset.
    """

    fps: float
    size: tuple[int, int]
    inter_ocular: float
    noise: float
    blur: float
    gain: float
    grey: bool
    peaks: tuple[float, float]
    suffix: str = "jpg"
    cut: bool = False


@dataclass(frozen=True, slots=True)
class TwinClip:
    """One clip before it is filmed.

    Attributes:
        subject: Number of the person, from 1.
        number: Number of the clip among the person's, from 1.
        label: One of the three classes.
        first: Number of the first picture.
        onset: Number of the onset frame.
        apex: Number of the apex frame.
        offset: Number of the offset frame.
        movement: What the face does, in seconds from the first picture.
        duration: Seconds.
        seed: Of sway and noise.
    """

    subject: int
    number: int
    label: str
    first: int
    onset: int
    apex: int
    offset: int
    movement: Movement
    duration: float
    seed: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a database keeps its things.

    Attributes:
        film: How it was filmed.
        place: From a clip to its folder below the root.
        picture: From a clip and a frame's number to the file's name.
        workbook: Its workbook's name; empty for none.
        header: The workbook's columns.
        row: From a clip to its row.
        preamble: Rows of text before the columns.
        first: Smallest and largest number of a clip's first picture.
    """

    film: Film
    place: Callable[[TwinClip], str]
    picture: Callable[[TwinClip, int], str]
    workbook: str = ""
    header: tuple[str | None, ...] = ()
    row: Callable[[TwinClip], tuple[object, ...]] = lambda _clip: ()
    preamble: int = 0
    first: tuple[int, int] = (1, 60)


_WORDS: Final = {
    "negative": ("disgust", "repression", "anger", "sadness", "fear"),
    "positive": ("happiness",),
    "surprise": ("surprise",),
}


def _word(clip: TwinClip) -> str:
    words = _WORDS[clip.label]
    return words[clip.seed % len(words)]


def _units(clip: TwinClip, intensity: str = "", sides: bool = True) -> str:
    """The units as coders write them: those that matter, with a side where only one moves."""
    strongest = max(clip.movement.muscles.values())
    shown = []
    for unit in clip.movement.action_units:
        right, left = (clip.movement.muscles.get((unit, side), 0.0) for side in SIDES)
        if max(right, left) < 0.3 * strongest:
            continue  # no coder sees it
        one_sided = min(right, left) < 0.3 * max(right, left) and sides
        shown.append(f"{('L' if left > right else 'R') if one_sided else ''}{unit}{intensity}")
    return "+".join(shown)


def _smic(camera: str, film: Film) -> Layout:
    letters = {"negative": "ne", "positive": "po", "surprise": "sur"}

    def name(clip: TwinClip) -> str:
        return f"s{clip.subject:02d}_{letters[clip.label]}_{clip.number:02d}"

    return Layout(
        film,
        lambda clip: f"SMIC_all_cropped/{camera}/s{clip.subject:02d}/micro/{clip.label}/{name(clip)}",
        lambda _clip, number: f"reg_image{number:06d}.{film.suffix}",
        first=(1, 30000),
    )


_CASME2: Final = Layout(
    Film(200.0, (280, 340), 110.0, 1.5, 0.4, 1.0, False, (0.006, 0.02), cut=True),
    lambda clip: f"Cropped/sub{clip.subject:02d}/EP{clip.number:02d}_{clip.subject:02d}f",
    lambda _clip, number: f"reg_img{number}.jpg",
    "CASME2-coding-20140508.xlsx",
    ("Subject", "Filename", None, "OnsetFrame", "ApexFrame", "OffsetFrame", None, "Action Units", "Estimated Emotion"),
    lambda clip: (
        clip.subject, f"EP{clip.number:02d}_{clip.subject:02d}f", None, clip.onset, clip.apex, clip.offset, None,
        _units(clip), _word(clip),
    ),
    first=(1, 200),
)  # fmt: skip
_SAMM: Final = Layout(
    Film(200.0, (400, 360), 105.0, 2.0, 0.6, 0.85, True, (0.005, 0.02)),
    lambda clip: f"SAMM/{clip.subject + 5:03d}/{clip.subject + 5:03d}_{clip.number}_1",
    lambda clip, number: f"{clip.subject + 5:03d}_{number:05d}.jpg",
    "SAMM_Micro_FACS_Codes_v2.xlsx",
    ("Subject", "Filename", "Inducement Code", "Onset Frame", "Apex Frame", "Offset Frame", "Duration", "Micro",
     "Action Units", "Estimated Emotion", "Objective Classes", "Notes"),
    lambda clip: (
        f"{clip.subject + 5:03d}", f"{clip.subject + 5:03d}_{clip.number}_1", 1, clip.onset, clip.apex, clip.offset,
        clip.offset - clip.onset + 1, "Micro", _units(clip, "B", sides=False), _word(clip).title(), 2, None,
    ),
    preamble=13,
    first=(1, 4000),
)  # fmt: skip
_CASME3: Final = Layout(
    Film(30.0, (400, 360), 95.0, 3.0, 0.5, 0.9, False, (0.008, 0.025)),
    lambda clip: f"spNO.{clip.subject}/{'abcdefghijklm'[(clip.number - 1) % 13]}{clip.number}/color",
    lambda _clip, number: f"{number}.jpg",
    "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx",
    ("Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion"),
    lambda clip: (
        f"spNO.{clip.subject}", f"{'abcdefghijklm'[(clip.number - 1) % 13]}{clip.number}", clip.onset, clip.apex,
        clip.offset, _units(clip), "I", {"happiness": "happy"}.get(_word(clip), _word(clip)),
    ),
)  # fmt: skip
_MMEW: Final = Layout(
    Film(90.0, (360, 340), 105.0, 1.5, 0.5, 1.0, False, (0.006, 0.02), cut=True),
    lambda clip: f"Micro_Expression/{_word(clip)}/S{clip.subject:02d}-{clip.number:02d}-001",
    lambda _clip, number: f"{number}.jpg",
    "MMEW_Micro_Exp.xlsx",
    ("Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Action Units", "Estimated Emotion", "remarks"),
    lambda clip: (
        clip.subject, f"S{clip.subject:02d}-{clip.number:02d}-001", clip.onset, clip.apex, clip.offset, _units(clip),
        _word(clip), None,
    ),
    first=(1, 1),
)  # fmt: skip
_FOURDME: Final = Layout(
    Film(60.0, (360, 340), 95.0, 2.5, 0.6, 0.9, True, (0.006, 0.02)),
    lambda clip: f"gray_micro/sub{clip.subject:02d}/sub{clip.subject:02d}_m_{clip.number:03d}",
    lambda _clip, number: f"{number}.jpg",
    "4DME_Labelling_Micro_release v1.xlsx",
    ("sub_ID", "fold_name", "Onset", "Apex", "Offset", "AUs", "Emotion"),
    lambda clip: (
        f"sub{clip.subject:02d}", f"sub{clip.subject:02d}_m_{clip.number:03d}", clip.onset, clip.apex, clip.offset,
        _units(clip), clip.label.title(),
    ),
)  # fmt: skip

LAYOUTS: Final = {
    "SMIC-HS": _smic("HS", Film(100.0, (240, 280), 85.0, 5.0, 0.7, 0.6, False, (0.008, 0.025), "bmp", cut=True)),
    "SMIC-VIS": _smic("VIS", Film(25.0, (240, 280), 85.0, 3.0, 0.6, 0.8, False, (0.008, 0.025), "bmp", cut=True)),
    # Skin is smooth and bright in the near infrared.
    "SMIC-NIR": _smic("NIR", Film(25.0, (240, 280), 80.0, 4.0, 1.2, 1.1, True, (0.008, 0.025), "bmp", cut=True)),
    "CASME II": _CASME2,
    "SAMM": _SAMM,
    "CAS(ME)3": _CASME3,
    "MMEW": _MMEW,
    "4DME": _FOURDME,
}
"""Every database's layout."""

FULL_SIZE: Final[dict[str, tuple[Counts, int]]] = {
    "SMIC-HS": ({"negative": 70, "positive": 51, "surprise": 43}, 16),
    "SMIC-VIS": ({"negative": 23, "positive": 28, "surprise": 20}, 8),
    "SMIC-NIR": ({"negative": 23, "positive": 28, "surprise": 20}, 8),
    "CASME II": ({"negative": 88, "positive": 32, "surprise": 25}, 24),
    "SAMM": ({"negative": 92, "positive": 26, "surprise": 15}, 28),
}
"""Clips of each label and persons of the real databases (MEGC 2019; SMIC's own paper for VIS and NIR)."""


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
