"""SAMM (Davison et al. 2018): 200 frames a second, grey; the workbook begins with a page of text."""

from __future__ import annotations

from typing import Final

from training.databases.coded import Coded, Columns

SAMM: Final = Coded(
    "SAMM",
    200.0,
    ("SAMM_Micro_FACS_Codes_v*.xlsx",),
    Columns("Subject", "Filename", "Onset Frame", "Apex Frame", "Offset Frame", "Action Units", "Estimated Emotion"),
    ("SAMM", "."),
    lambda cell: cell.zfill(3),  # 006 is a number in some copies of the workbook
)
"""``SAMM_Micro_FACS_Codes_v2.xlsx`` with ``SAMM/<subject>/<clip>/<subject>_<frame>.jpg``."""
