"""Emotions and action units (AUs), in the order of the network's outputs, with names and colours to show."""

from __future__ import annotations

from typing import Final

EMOTIONS: Final = ("negative", "positive", "surprise", "none")
"""Classes of the emotion head. ``none``: the movement is no micro-expression (blink, speech, noise)."""

ACTION_UNITS: Final = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 24, 25)
"""Numbers of the FACS action units of the AU head (Ekman & Friesen, Facial Action Coding System)."""

AU_NAMES: Final = {
    1: "inner brow raiser",
    2: "outer brow raiser",
    4: "brow lowerer",
    5: "upper lid raiser",
    6: "cheek raiser",
    7: "lid tightener",
    9: "nose wrinkler",
    10: "upper lip raiser",
    12: "lip corner puller",
    14: "dimpler",
    15: "lip corner depressor",
    17: "chin raiser",
    20: "lip stretcher",
    24: "lip pressor",
    25: "lips part",
}

# Okabe & Ito's palette: told apart with every common form of colour blindness.
EMOTION_COLOURS: Final = {
    "negative": "#D55E00",
    "positive": "#009E73",
    "surprise": "#56B4E9",
    "none": "#999999",
    "unsure": "#999999",
}


def au_column(number: int) -> str:
    """The spelling of an AU in tables, as in ``AU04``."""
    return f"AU{number:02d}"
