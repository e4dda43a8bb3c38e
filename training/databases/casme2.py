"""CASME II (Yan et al. 2014): 200 frames a second."""

from __future__ import annotations

from typing import Final

from training.databases.coded import Coded, Columns


def _subject(cell: str) -> str:
    """1 is ``sub01``."""
    return f"sub{int(float(cell)):02d}" if cell.replace(".", "", 1).isdigit() else cell


CASME2: Final = Coded(
    "CASME II",
    200.0,
    ("CASME2-coding-*.xlsx",),
    Columns("Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Action Units", "Estimated Emotion"),
    # The raw pictures may lie one folder deeper, as the archive unpacks.
    ("Cropped", "CASME2_RAW_selected", "CASME2_RAW_selected/CASME2_RAW_selected"),
    _subject,
)
"""The coding workbook with ``Cropped/subNN/<clip>/reg_img*.jpg`` or ``CASME2_RAW_selected/subNN/<clip>/img*.jpg``."""
