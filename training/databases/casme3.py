"""CAS(ME)³ part A (Li et al. 2023): 30 frames a second, long recordings with several clips each."""

from __future__ import annotations

from typing import Final

from training.databases.coded import Coded, Columns

CASME3: Final = Coded(
    "CAS(ME)3",
    30.0,
    ("cas(me)3_part_A_ME_label_JpgIndex_v*.xlsx", "cas(me)3_part_A_ME_label*.xlsx"),
    Columns("Subject", "Filename", "Onset", "Apex", "Offset", "AU", "emotion"),
    (".", "part_A"),
    way=lambda subject, recording, _emotion: (subject, recording, "color"),
    clip_name=lambda recording, onset: f"{recording}_{onset}",
)
"""The label workbook of part A with ``<subject>/<recording>/color/<frame>.jpg``."""
