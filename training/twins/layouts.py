"""How each database is filmed, and how its folders, files and workbooks are laid out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from model.muscles import SIDES
from training.synthesis.recording import Movement

Counts = dict[str, int]
"""Clips of each three-class label."""


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
