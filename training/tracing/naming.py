"""How sculptors call the movements of a face, and which action unit each comes closest to."""

from __future__ import annotations

from typing import Final

ARKIT: Final[dict[int, str]] = {
    1: "browInnerUp",
    2: "browOuterUp",
    4: "browDown",
    5: "eyeWide",
    6: "cheekSquint",
    7: "eyeSquint",
    9: "noseSneer",
    10: "mouthUpperUp",
    12: "mouthSmile",
    14: "mouthDimple",
    15: "mouthFrown",
    16: "mouthLowerDown",
    17: "mouthShrugLower",
    18: "mouthPucker",
    20: "mouthStretch",
    24: "mouthPress",
    25: "jawOpen",
}
"""The names that most face rigs share; shapes of one half end in ``Left`` or ``_L``."""

MAKEHUMAN: Final[dict[int, str]] = {
    1: "eyebrows-left-inner-up",
    2: "eyebrows-left-extern-up",
    4: "eyebrows-left-down",
    5: "eye-left-opened-up",
    7: "eye-left-slit",
    9: "nose-left-elevation",
    12: "mouth-corner-puller",
    15: "mouth-depression",
    18: "mouth-pursing",
    20: "mouth-retraction",
    25: "mouth-open",
}
"""MakeHuman's own expression units; its others move several muscles at once."""

NAMINGS: Final = {"arkit": ARKIT, "makehuman": MAKEHUMAN}

MIDLINE: Final = frozenset({17, 25})
"""AUs whose muscle lies on the midline: both halves move as one."""


def file_names(name: str) -> tuple[str, ...]:
    """Names under which the left half's shape may be stored, and that of both halves."""
    return (f"{name}Left", f"{name}_L", name)


def is_one_half(found: str, name: str) -> bool:
    """Whether the file ``found`` for a shape ``name`` moves one half only."""
    return found != name or "-left-" in name
