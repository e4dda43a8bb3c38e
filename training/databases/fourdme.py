"""4DME (Li et al. 2022), the grey video: 60 frames a second."""

from __future__ import annotations

from typing import Final

from training.databases.coded import Coded, Columns

FOURDME: Final = Coded(
    "4DME",
    60.0,
    ("4DME_Labelling_Micro_release*.xlsx",),
    Columns("sub_ID", "fold_name", "Onset", "Apex", "Offset", "AUs", "Emotion"),
    ("gray_micro",),
)
"""``4DME_Labelling_Micro_release v1.xlsx`` with ``gray_micro/<subject>/<clip>/``."""
