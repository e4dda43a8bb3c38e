"""Movements of several groups at the same time are one movement of the face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from model.regions import REGIONS
from model.spot import Kind, Spot
from model.timing import MovementCurve

# Movements of two groups are one if they share this much of the shorter one's time.
_SAME_MOVEMENT_OVERLAP: Final = 0.5
# Longest time (seconds) that a region may take which a micro-expression of another group drags along.
_SLOW_RETURN_S: Final = 0.8


@dataclass(frozen=True, slots=True)
class GroupMovement:
    """What one group of regions did.

    Attributes:
        group: Its name.
        kind: What it was.
        curve: When and how far.
        reason: Why it was rejected, or empty.
    """

    group: str
    kind: Kind
    curve: MovementCurve
    reason: str = ""


def merge(movements: list[GroupMovement]) -> list[tuple[Spot, GroupMovement]]:
    """Joins what belongs together; each movement of the face with that of its leading group, by onset."""
    merged = []
    rest = sorted(movements, key=lambda m: -m.curve.strength)
    # A blink drags brows and cheeks along: it takes over what the neighbours show at the same time.
    rest.sort(key=lambda m: m.kind != "blink")
    while rest:
        first, rest = rest[0], rest[1:]
        same = [m for m in rest if belongs_together(first, m)]
        rest = [m for m in rest if m not in same]
        merged.append((_spot(first, same), first))
    return sorted(merged, key=lambda pair: pair[0].onset)


def _is_same_movement(a: MovementCurve, b: MovementCurve) -> bool:
    """True if two movements share enough time to be one."""
    shared = min(a.offset, b.offset) - max(a.onset, b.onset)
    return shared >= _SAME_MOVEMENT_OVERLAP * max(min(a.offset - a.onset, b.offset - b.onset), 1e-6)


def belongs_together(first: GroupMovement, other: GroupMovement) -> bool:
    """True if ``first``, the stronger one, explains what the ``other`` group shows at the same time."""
    if not _is_same_movement(first.curve, other.curve):
        return False
    if first.kind == "blink":
        return other.kind == "blink" or (other.group != "lower face" and other.curve.strength < first.curve.strength)
    if first.kind == "micro" and other.kind == "macro":
        # Skin that was dragged along and is slow to come back.
        return other.curve.offset - other.curve.onset <= _SLOW_RETURN_S and other.curve.strength < first.curve.strength
    return other.kind == first.kind or other.kind == "rejected"


def _spot(first: GroupMovement, others: list[GroupMovement]) -> Spot:
    curve = first.curve
    moved = [
        (float(s), REGIONS[r]) for m in (first, *others) for r, s in zip(m.curve.regions, m.curve.peaks, strict=True)
    ]
    strongest = max(s for s, _ in moved)
    regions = tuple(name for s, name in sorted(moved, reverse=True) if s >= 0.5 * strongest)
    return Spot(
        kind=first.kind,
        onset=curve.onset,
        apex=curve.apex,
        offset=curve.offset,
        onset_frame=curve.onset_frame,
        apex_frame=curve.apex_frame,
        offset_frame=curve.offset_frame,
        strength=curve.strength,
        regions=regions,
        reason=first.reason,
    )
