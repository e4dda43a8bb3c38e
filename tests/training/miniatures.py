"""Tiny copies of the databases in their owners' layouts, with the faults that the real ones have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from openpyxl import Workbook


@cache
def _picture() -> bytes:
    return cv2.imencode(".jpg", np.full((8, 8, 3), 120, np.uint8))[1].tobytes()


def pictures(folder: Path, numbers: Iterable[int], name: str = "img{}.jpg") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / name.format(number)).write_bytes(_picture())
    return folder


def workbook(path: Path, header: Sequence[object], rows: Iterable[Sequence[object]], preamble: int = 0) -> Path:
    book = Workbook()
    sheet = book.active
    for line in range(preamble):
        sheet.append([f"Line {line} of what the owners have to say", None, "See the paper"])
    sheet.append(list(header))
    for row in rows:
        sheet.append(list(row))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def smic(root: Path) -> Path:
    for camera, frames in (("HS", 30), ("VIS", 8), ("NIR", 8)):
        base = root / "SMIC_all_cropped" / camera
        pictures(base / "s01" / "micro" / "positive" / "s01_po_01", range(100, 100 + frames), "reg_image{:06d}.bmp")
        pictures(base / "s01" / "micro" / "negative" / "s01_ne_02", range(7, 7 + frames), "reg_image{:06d}.bmp")
        pictures(base / "s03" / "micro" / "surprise" / "s3_sur_01", range(1, 1 + frames), "reg_image{:06d}.bmp")
    pictures(root / "SMIC_all_cropped" / "HS" / "s03" / "micro" / "positive" / "s3_po_01", [5], "reg_image{:06d}.bmp")
    return root


CASME2_HEADER = (
    "Subject", "Filename", None, "OnsetFrame", "ApexFrame", "OffsetFrame", None, "Action Units", "Estimated Emotion",
)  # fmt: skip


def casme2(root: Path) -> Path:
    rows = [
        (1, "EP02_01f", None, 46, 59, 86, None, "12", "happiness"),
        (1, "EP03_02", None, 131, "/", 161, None, "4+L10", "disgust"),
        (2, "EP01_11f", None, 91, 107, 9, None, "R12 + R15", "repression"),  # a digit of the offset is lost
        (2, "EP06_01f", None, 1, 20, 30, None, "1+2", "others"),
        (2, "EP07_01", None, 1, 20, 30, None, "4", "glee"),
        (26, "EP18_50", None, 1, 90, 30, None, "AU4(k) or 7?", "surprise"),
        (26, "EP18_51", None, 1, 10, 30, None, 25, "sadness"),
        (None, "EP19_01", None, 1, 2, 3, None, 4, "fear"),
    ]
    workbook(root / "CASME2-coding-20140508.xlsx", CASME2_HEADER, rows)
    for subject, clip, numbers in (
        ("sub01", "EP02_01f", range(46, 87)),
        ("sub01", "EP03_02", range(131, 162)),
        ("sub02", "EP01_11f", range(91, 128)),
        ("sub02", "EP06_01f", range(1, 31)),
        ("sub26", "EP18_50", [n for n in range(1, 31) if n not in (4, 5)]),
    ):
        pictures(root / "Cropped" / subject / clip, numbers, "reg_img{}.jpg")
    return root


SAMM_HEADER = (
    "Subject", "Filename", "Inducement Code", "Onset Frame", "Apex Frame", "Offset Frame", "Duration", "Micro",
    "Action Units", "Estimated Emotion", "Objective Classes", "Notes",
)  # fmt: skip


def samm(root: Path) -> Path:
    rows = [
        (6, "006_1_2", 1, 3562, 3588, 3632, 71, "Micro", "1A+2B", "Surprise", 2, None),
        ("011", "011_1_3", 1, 5, 9, 20, 16, "Micro", "4+7", "Anger", 3, None),
        ("011", "011_1_3", 1, 5, 9, 20, 16, "Micro", "4+7", "Anger", 3, "again"),
        ("037", "037_5_11", 5, 1, 4, 12, 12, "Micro", "R14", "Contempt", 7, None),
    ]
    workbook(root / "SAMM_Micro_FACS_Codes_v2.xlsx", SAMM_HEADER, rows, preamble=13)
    pictures(root / "SAMM" / "006" / "006_1_2", range(3562, 3633), "006_{}.jpg")
    pictures(root / "SAMM" / "011" / "011_1_3", range(5, 21), "011_{:05d}.jpg")
    return root


def casme3(root: Path) -> Path:
    header = ("Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion")
    rows = [
        ("spNO.1", "a", 20, 24, 30, "4+7", "II", "disgust"),
        ("spNO.1", "a", 50, 55, 62, "12", "I", "happy"),
        ("spNO.11", "b", 5, 8, 14, "1+2", "III", "surprise"),
    ]
    workbook(root / "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", header, rows)
    pictures(root / "spNO.1" / "a" / "color", range(100), "{}.jpg")
    pictures(root / "spNO.11" / "b" / "color", range(20), "{}.jpg")
    return root


def mmew(root: Path) -> Path:
    header = (
        "Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Action Units", "Estimated Emotion", "remarks",
    )  # fmt: skip
    rows = [
        (1, "S01-01-001", 1, 6, 12, "4", "anger", None),
        (1, "S01-02-001", 1, 7, 15, "12+6", "happiness", "glasses"),
    ]
    workbook(root / "MMEW_Micro_Exp.xlsx", header, rows)
    pictures(root / "Micro_Expression" / "anger" / "S01-01-001", range(1, 13), "{}.jpg")
    pictures(root / "Micro_Expression" / "happiness" / "S01-02-001", range(1, 16), "{}.jpg")
    return root


def fourdme(root: Path) -> Path:
    header = ("sub_ID", "fold_name", "Onset", "Apex", "Offset", "AUs", "Emotion")
    rows = [
        ("sub01", "sub01_m_001", 10, 18, 30, "4+7", "Negative"),
        ("sub02", "sub02_m_004", 1, 9, 20, "12", "Positive"),
    ]
    workbook(root / "4DME_Labelling_Micro_release v1.xlsx", header, rows)
    pictures(root / "gray_micro" / "sub01" / "sub01_m_001", range(10, 31), "{}.jpg")
    pictures(root / "gray_micro" / "sub02" / "sub02_m_004", range(1, 21), "{}.jpg")
    return root
