"""Action units as annotators write them: ``4+L10``, ``R12 + R15``, ``1A+2B``, ``AU4(k)``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Side = Literal["", "left", "right"]

_SIDES: Final[dict[str, Side]] = {"": "", "l": "left", "r": "right"}
_SEPARATORS: Final = re.compile(r"\s*(?:\+|,|;|/|\bor\b|\band\b|\s)\s*", re.IGNORECASE)
# A side, the number, an intensity from A (trace) to E (largest), a remark in brackets.
_UNIT: Final = re.compile(r"(?:au)?([lr]?)(?:au)?(\d{1,2})([a-e]?)(?:\([^)]*\))?(\?*)", re.IGNORECASE)
_NOTHING: Final = frozenset({"", "?", "/", "-", "none", "n/a", "nan", "0"})


@dataclass(frozen=True, slots=True)
class CodedUnit:
    """One action unit of an annotation.

    Attributes:
        number: The unit.
        side: The subject's side, if only one moved.
        intensity: ``A`` to ``E``, or empty.
    """

    number: int
    side: Side = ""
    intensity: str = ""


def parse_action_units(text: object) -> tuple[tuple[CodedUnit, ...], tuple[str, ...]]:
    """Reads an annotation.

    Args:
        text: The cell of the workbook: a string, a number, or nothing.

    Returns:
        The units in order, each once; and the words that are none.
    """
    if text is None:
        return (), ()
    if isinstance(text, float) and text.is_integer():
        text = int(text)
    words = [word for word in _SEPARATORS.split(_without_space_before_remarks(str(text))) if word]
    units: dict[CodedUnit, None] = {}
    unknown = []
    for word in words:
        if word.lower() in _NOTHING:
            continue
        match = _UNIT.fullmatch(word)
        if match is None or not 1 <= int(match[2]) <= 69:
            unknown.append(word)
            continue
        units[CodedUnit(int(match[2]), _SIDES[match[1].lower()], match[3].upper())] = None
    return tuple(units), tuple(unknown)


def _without_space_before_remarks(text: str) -> str:
    return re.sub(r"\s+\(", "(", text.strip())
