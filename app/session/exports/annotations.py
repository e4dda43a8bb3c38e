"""Annotation files: ELAN, Praat, and captions for any player."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pympi
import webvtt

from app.session.exports.material import MODEL, Entry, Material
from app.session.files import naming
from model.labels import EMOTIONS
from model.whole_file import whole_file

# A caption shorter than this cannot be read; it is lengthened here and nowhere else.
_SHORTEST_CAPTION_S: Final = 0.6
_TYPES: Final = {".mp4": "video/mp4", ".mov": "video/quicktime", ".mkv": "video/x-matroska", ".avi": "video/x-msvideo"}
_VOCABULARY: Final = "labels"
_LABELS: Final = (*(name for name in EMOTIONS if name != "none"), "unsure")
# Characters that XML cannot hold.
_UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_elan(material: Material, path: Path) -> None:
    """An ELAN document with one tier for each author and participant, and the notes."""
    eaf = pympi.Eaf(author="Fleeting")
    video = material.recording.path
    eaf.add_linked_file(video.as_uri(), relpath=f"./{video.name}", mimetype=_TYPES.get(video.suffix.lower(), "video/*"))
    eaf.add_linguistic_type("movement")
    eaf.add_controlled_vocabulary(_VOCABULARY)
    language = "und"
    eaf.add_language(language)
    for label in _LABELS:
        eaf.add_cv_entry(_VOCABULARY, label, [(label, language, f"a movement that is called {label}")])
    for name, entries in _tiers(material):
        eaf.add_tier(name, ling="movement")
        for start, end, text in _apart(entries):
            eaf.add_annotation(name, start, end, text)
    for rater in dict.fromkeys(code for code, _ in material.notes):
        name = _plain(f"notes {rater}")
        eaf.add_tier(name, ling="movement")
        own = [note for code, note in material.notes if code == rater]
        for start, end, text in _spread([(note.time, _plain(note.text)) for note in own]):
            eaf.add_annotation(name, start, end, text)
    eaf.remove_tier("default")
    with naming(path), whole_file(path) as partial:
        # The library keeps a copy of an older file itself; ours appears whole or not at all.
        eaf.to_file(str(partial))


def write_textgrid(material: Material, path: Path) -> None:
    """A Praat TextGrid with the same tiers."""
    last = float(material.analysis.times[-1])
    grid = pympi.Praat.TextGrid(xmax=max(last, *(entry.offset for entry in material.entries), 0.001))
    for name, entries in _tiers(material):
        tier = grid.add_tier(name)
        for start, end, text in _apart(entries):
            tier.add_interval(start / 1000, min(end / 1000, grid.xmax), text)
    if not grid.tiers:
        grid.add_tier(MODEL)
    with naming(path), whole_file(path) as partial:
        grid.to_file(str(partial))


def write_webvtt(material: Material, path: Path) -> None:
    """Captions: what the author whose word counts most says, for at least 0.6 s each."""
    author = material.authors[-1] if len(material.authors) == 2 else MODEL
    captions = webvtt.WebVTT()
    for entry in material.of(author):
        if entry.counts:
            middle = (entry.onset + entry.offset) / 2
            half = max(entry.duration, _SHORTEST_CAPTION_S) / 2
            start = max(0.0, middle - half)
            text = re.sub(r"\s+", " ", f"{entry.participant}: {entry.label or entry.kind}").replace("-->", "→")
            captions.captions.append(webvtt.Caption(_stamp(start), _stamp(start + 2 * half), _escaped(text)))
    with naming(path), whole_file(path) as partial:
        partial.write_text(captions.content + "\n", encoding="utf-8")


def _tiers(material: Material) -> list[tuple[str, list[Entry]]]:
    tiers = []
    for author in material.authors:
        own = material.of(author)
        for face in sorted({entry.face for entry in own}):
            entries = [entry for entry in own if entry.face == face and entry.verdict != "rejected"]
            if entries:
                tiers.append((_plain(f"{author} {entries[0].participant}"), entries))
    return tiers


def _apart(entries: Sequence[Entry]) -> list[tuple[int, int, str]]:
    """Whole milliseconds, start before end, none over another: where two overlap, the earlier one ends sooner."""
    stretches: list[tuple[int, int, str]] = []
    for entry in sorted(entries, key=lambda e: e.onset):
        start, end = round(1000 * entry.onset), max(round(1000 * entry.offset), round(1000 * entry.onset) + 1)
        if stretches and stretches[-1][1] > start:
            before = stretches[-1]
            start = max(start, before[0] + 1)
            end = max(end, start + 1)
            stretches[-1] = (before[0], start, before[2])
        stretches.append((start, end, _plain(entry.label or entry.kind)))
    return stretches


def _spread(points: Sequence[tuple[float, str]]) -> list[tuple[int, int, str]]:
    """Points in time as stretches of a second, shortened where the next one begins."""
    found: list[tuple[int, int, str]] = []
    for time, text in points:
        start = round(1000 * time)
        if found and found[-1][1] > start:
            start = max(start, found[-1][0] + 1)
            found[-1] = (found[-1][0], start, found[-1][2])
        found.append((start, start + 1000, text))
    return found


def _plain(text: str) -> str:
    return _UNWRITABLE.sub("", text)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _stamp(seconds: float) -> str:
    whole: Any = timedelta(seconds=seconds)
    minutes, rest = divmod(whole.total_seconds(), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours:02d}:{minutes:02d}:{rest:06.3f}"
