"""MMEW (Ben et al. 2021): 90 frames a second, folders by emotion."""

from __future__ import annotations

from typing import Final

from training.databases.coded import Coded, Columns

MMEW: Final = Coded(
    "MMEW",
    90.0,
    ("MMEW_Micro_Exp.xlsx", "MMEW*.xlsx"),
    Columns("Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Action Units", "Estimated Emotion"),
    ("Micro_Expression", "."),
    lambda cell: cell.zfill(2),
    lambda _subject, clip, emotion: (emotion, clip),
)
"""``MMEW_Micro_Exp.xlsx`` with ``Micro_Expression/<emotion>/<clip>/<n>.jpg``."""
