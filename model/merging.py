"""Movements of several groups at the same time are one movement of the face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from model.regions import REGIONS
from model.spot import Kind, Spot
from model.timing import MovementCurve

# Movements of two groups are one if they share this much of the shorter one's time.
_SAME_MOVEMENT_OVERLAP: Final = 0.5
# Longest time (seconds) that a region may take which a micro-expression of another group drags along.
_SLOW_RETURN_S: Final = 0.8


class Timed(Protocol):
    """Something with a beginning and an end in seconds."""

    @property
    def onset(self) -> float: ...

    @property
    def offset(self) -> float: ...


@dataclass(frozen=True, slots=True, eq=False)
class GroupMovement:
    """What one group of regions did.

    Attributes:
        group: Its name.
        kind: What it was.
        curve: When and how far.
        reason: Why it was rejected, or empty.
        score: By how many standard deviations of the face's noise it stands out; 0 where that was not measured.
        disputed: As `model.spot.Spot.disputed`.
    """

    group: str
    kind: Kind
    curve: MovementCurve
    reason: str = ""
    score: float = 0.0
    disputed: bool = False

    @property
    def may_express(self) -> bool:
        """True for what may be reported as a micro-expression."""
        return self.kind == "micro" or self.disputed


def merge(movements: list[GroupMovement]) -> list[tuple[Spot, GroupMovement]]:
    """Joins what belongs together; each movement of the face with that of its leading group, by onset."""
    merged = []
    rest = sorted(movements, key=lambda m: -m.curve.strength)
    # A blink drags brows and cheeks along: it takes over what the neighbours show at the same time. The matched filter
    # measures more exactly than thresholds do.
    rest.sort(key=lambda m: (m.kind != "blink", m.score == 0.0))
    while rest:
        first, rest = rest[0], rest[1:]
        same = [m for m in rest if belongs_together(first, m)]
        rest = [m for m in rest if m not in same]
        merged.append((_spot(first, same), first))
    return sorted(merged, key=lambda pair: pair[0].onset)


def settle_disputes(movements: Sequence[GroupMovement]) -> list[GroupMovement]:
    """Beside an undoubted micro-expression that stands out more, a blink is a blink and speech is speech."""
    clear = [m for m in movements if m.kind == "micro"]

    def settled(m: GroupMovement) -> bool:
        return m.disputed and any(c.score > m.score and is_same_movement(c.curve, m.curve) for c in clear)

    return [replace(m, disputed=False) if settled(m) else m for m in movements]


def is_same_movement(a: Timed, b: Timed) -> bool:
    """True if two movements share enough time to be one of the face."""
    shared = min(a.offset, b.offset) - max(a.onset, b.onset)
    return shared >= _SAME_MOVEMENT_OVERLAP * max(min(a.offset - a.onset, b.offset - b.onset), 1e-6)


def belongs_together(first: GroupMovement, other: GroupMovement) -> bool:
    """True if ``first``, the stronger one, explains what the ``other`` group shows at the same time."""
    if not is_same_movement(first.curve, other.curve):
        return False
    if first.disputed and other.disputed:
        return True
    if first.kind == "blink":
        return other.kind == "blink" or (other.group != "lower face" and other.curve.strength < first.curve.strength)
    if first.kind == "micro" and other.kind == "macro":
        # Skin that was dragged along and is slow to come back.
        return other.curve.offset - other.curve.onset <= _SLOW_RETURN_S and other.curve.strength < first.curve.strength
    if first.kind in ("speech", "swallow", "light") and other.kind == "micro" and other.score == 0.0 < first.score:
        return first.group == other.group  # the same movement, seen less exactly
    return other.kind == first.kind or other.kind == "rejected"


def _spot(first: GroupMovement, others: list[GroupMovement]) -> Spot:
    curve = first.curve
    moved: dict[str, float] = {}
    for movement in (first, *others):
        for region, peak in zip(movement.curve.regions, movement.curve.peaks, strict=True):
            moved[REGIONS[region]] = max(float(peak), moved.get(REGIONS[region], 0.0))
    strongest = max(moved.values())
    regions = tuple(name for name in sorted(moved, key=lambda n: -moved[n]) if moved[name] >= 0.5 * strongest)
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
        score=max(m.score for m in (first, *others)),
        disputed=first.disputed,
    )
