"""What is exported of one recording, the same for every format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, get_args

from app.errors import SessionError
from app.session.records import Analysis, Found, Mark, Note, Recorded
from app.session.session import Session
from app.version import VERSION
from model.spot import Kind

MODEL: Final = "model"
"""Author of what the model found."""
MICRO: Final[frozenset[str]] = frozenset({"micro"})
EVERY_KIND: Final[frozenset[str]] = frozenset(get_args(Kind))
# Recordings are laid so far apart (seconds), one behind the other, that nothing in them overlaps.
_APART_S: Final = 1e7
MEANING: Final = "A label is a guess about a facial movement, not about what a person feels."


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement as one author sees it.

    Attributes:
        author: `MODEL`, or the rater's code.
        face: Track number.
        participant: The face's code.
        kind: ``micro``, or what else it was.
        label: As the author names it, or empty.
        confidence: The model's, None for a rater's own.
        verdict: ``accepted``, ``rejected``, ``added``, or empty for the model's.
        onset: Seconds.
        apex: Seconds.
        offset: Seconds.
        event: The model's event behind it, if any.
        note: The rater's.
    """

    author: str
    face: int
    participant: str
    kind: str
    label: str
    confidence: float | None
    verdict: str
    onset: float
    apex: float
    offset: float
    event: Found | None = None
    note: str = ""

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.offset - self.onset

    @property
    def counts(self) -> bool:
        """Whether its author holds it for a micro-expression."""
        return self.kind == "micro" and self.verdict != "rejected"


@dataclass(frozen=True, slots=True)
class Material:
    """A recording with everything that is known of it.

    Attributes:
        recording: The recording.
        analysis: Its analysis.
        entries: The model's and every rater's, by onset.
        notes: Remarks with their rater's code.
        metadata: For ``metadata.json``.
    """

    recording: Recorded
    analysis: Analysis
    entries: tuple[Entry, ...]
    notes: tuple[tuple[str, Note], ...]
    metadata: dict[str, Any]

    def of(self, author: str) -> list[Entry]:
        """The entries of one author."""
        return [entry for entry in self.entries if entry.author == author]

    @property
    def authors(self) -> tuple[str, ...]:
        """The model, then the raters."""
        raters = sorted({entry.author for entry in self.entries} - {MODEL})
        return MODEL, *raters


def lined_up(materials: Sequence[Material], author: str) -> list[Entry]:
    """What an author holds for micro-expressions in several recordings, each at times that no other recording has."""
    return [
        replace(entry, **{name: getattr(entry, name) + n * _APART_S for name in ("onset", "apex", "offset")})
        for n, material in enumerate(materials)
        for entry in material.of(author)
        if entry.counts
    ]


def gather(session: Session, number: int, *, kinds: frozenset[str] = MICRO) -> Material:
    """Everything that is exported of a recording.

    Args:
        session: The project.
        number: The recording.
        kinds: The model's kinds of movements that are wanted.

    Raises:
        SessionError: If it was not analysed yet.
    """
    recording, analysis = session.recording(number), session.analysis(number)
    if analysis is None:
        raise SessionError(f"{recording.name} was not analysed yet: there is nothing to export.")
    codes = session.face_codes(number)
    raters = {rater.id: rater.code for rater in session.raters()}
    by_id = {event.id: event for event in analysis.events}
    entries = [_of_model(event, codes) for event in analysis.events if event.kind in kinds]
    entries += [_of_rater(mark, raters[mark.rater], codes, by_id) for mark in session.marks(number)]
    entries.sort(key=lambda entry: (entry.onset, entry.author))
    notes = tuple((raters[note.rater], note) for note in session.notes(number))
    metadata = {
        "schema_version": 1,
        "application": {"name": "Fleeting", "version": VERSION},
        "recording": {"name": recording.name, "size": recording.size, "fingerprint": recording.fingerprint},
        "analysis": analysis.facts,
        "analysed_at": analysis.finished,
        "clock": "seconds from the first frame, presentation time",
        "raters": sorted({entry.author for entry in entries} - {MODEL}),
        "meaning": MEANING,
    }
    return Material(recording, analysis, tuple(entries), notes, metadata)


def _of_model(event: Found, codes: dict[int, str]) -> Entry:
    return Entry(
        MODEL, event.face, codes.get(event.face, f"P{event.face + 1}"), event.kind, event.label, event.confidence, "",
        event.onset, event.apex, event.offset, event,
    )  # fmt: skip


def _of_rater(mark: Mark, code: str, codes: dict[int, str], events: dict[int, Found]) -> Entry:
    event = events.get(mark.event) if mark.event is not None else None
    return Entry(
        code, mark.face, codes.get(mark.face, f"P{mark.face + 1}"), "micro", mark.label, None, mark.verdict,
        mark.onset, mark.apex, mark.offset, event, mark.note,
    )  # fmt: skip
