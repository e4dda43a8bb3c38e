"""Tables: events.csv, OpenFace-style frames.csv, BIDS, BORIS style, and everything as JSON."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from app.session.exports.material import MEANING, Entry, Material
from app.session.files import naming, write_json
from model.regions import GROUPS
from model.whole_file import whole_file

EVENT_COLUMNS: Final = (
    "author", "participant", "face_id", "kind", "verdict", "label", "confidence", "onset_s", "apex_s", "offset_s",
    "onset_frame", "apex_frame", "offset_frame", "duration_ms", "AUs", "strength_percent", "model_event", "note",
)  # fmt: skip
FRAME_COLUMNS: Final = (
    "frame", "face_id", "timestamp", "confidence", "success", *(f"motion_{name.replace(' ', '_')}" for name in GROUPS),
)  # fmt: skip
_BORIS_COLUMNS: Final = (
    "Observation id", "Subject", "Behavior", "Behavioral category", "Behavior type", "Start (s)", "Stop (s)",
    "Duration (s)", "Comment",
)  # fmt: skip
# What every column of the BIDS table means.
_BIDS_COLUMNS: Final[dict[str, dict[str, object]]] = {
    "onset": {"Description": "Onset of the movement, from the first frame", "Units": "s"},
    "duration": {"Description": "From onset to offset", "Units": "s"},
    "trial_type": {
        "Description": f"What moved, as the author names it. {MEANING}",
        "Levels": {
            "negative": "a movement as of a negative emotion", "positive": "a movement as of a positive emotion",
            "surprise": "a movement as of surprise", "unsure": "the model does not decide",
        },
    },
    "apex": {"Description": "Time of the largest displacement, from the first frame", "Units": "s"},
    "author": {"Description": "The model, or the code of the rater"},
    "participant": {"Description": "Code of the face"},
    "verdict": {
        "Description": "The rater's verdict on an event of the model",
        "Levels": {
            "accepted": "the rater agrees that it is one", "rejected": "the rater does not",
            "added": "the rater saw it, the model did not",
        },
    },
    "confidence": {"Description": "The model's probability of its label, 0 to 1"},
    "note": {"Description": "The rater's remark"},
}  # fmt: skip
_MISSING: Final = "n/a"


def write_events_csv(material: Material, path: Path) -> None:
    """One row a movement and author."""
    _write_rows(path, EVENT_COLUMNS, (_event_row(material, entry) for entry in material.entries))


def write_frames_csv(material: Material, path: Path) -> None:
    """One row a frame: where the face was seen, and how far its groups of regions had moved, in percent."""
    rows = []
    for index, (time, motion) in enumerate(zip(material.analysis.times, material.analysis.motion, strict=True)):
        seen = bool(np.isfinite(motion).all())
        rows.append(
            [
                str(index),
                "0",
                f"{time:.6f}",
                str(int(seen)),
                str(int(seen)),
                *(f"{m:.4f}" if seen else "" for m in motion),
            ]
        )
    _write_rows(path, FRAME_COLUMNS, rows)


def write_bids(material: Material, path: Path) -> None:
    """``..._events.tsv`` with its sidecar ``..._events.json`` beside it."""
    rows = (
        [
            f"{entry.onset:.4f}", f"{entry.duration:.4f}", entry.label or _MISSING, f"{entry.apex:.4f}",
            _one_line(entry.author), _one_line(entry.participant), entry.verdict or _MISSING,
            _MISSING if entry.confidence is None else f"{entry.confidence:.3f}", _one_line(entry.note) or _MISSING,
        ]
        for entry in material.entries
    )  # fmt: skip
    _write_tabbed(path, tuple(_BIDS_COLUMNS), rows)
    write_json(path.with_suffix(".json"), _BIDS_COLUMNS)


def bids_name(material: Material, subject: str = "", task: str = "review") -> str:
    """A file name as BIDS wants it: letters and digits only between its hyphens and underscores."""
    label = re.sub(r"[^A-Za-z0-9]", "", subject or material.recording.path.stem) or f"{material.recording.id:03d}"
    return f"sub-{label}_task-{task}_events.tsv"


def write_boris(material: Material, path: Path) -> None:
    """An aggregated table in the style of BORIS: one state event a movement."""
    rows = (
        [
            material.recording.name, _one_line(entry.participant), entry.label or entry.kind,
            _one_line(entry.author), "STATE", f"{entry.onset:.3f}", f"{entry.offset:.3f}", f"{entry.duration:.3f}",
            _one_line(entry.note or entry.verdict),
        ]
        for entry in material.entries
        if entry.counts
    )  # fmt: skip
    _write_tabbed(path, _BORIS_COLUMNS, rows)


def write_json_events(material: Material, path: Path) -> None:
    """Everything, with the model's probabilities and attention."""
    write_json(
        path,
        {
            "recording": material.recording.name,
            "events": [
                {
                    "author": entry.author, "participant": entry.participant, "face_id": entry.face,
                    "kind": entry.kind, "verdict": entry.verdict or None, "label": entry.label,
                    "confidence": entry.confidence, "onset_s": entry.onset, "apex_s": entry.apex,
                    "offset_s": entry.offset, "note": entry.note,
                    "model": entry.event.details if entry.event is not None else None,
                }
                for entry in material.entries
            ],
            "notes": [{"rater": code, "time_s": note.time, "text": note.text} for code, note in material.notes],
            "meaning": MEANING,
        },
    )  # fmt: skip


def _event_row(material: Material, entry: Entry) -> list[str]:
    details = entry.event.details if entry.event is not None else {}
    units = [name for name, share in details.get("action_units", {}).items() if share >= 0.5]
    strength = details.get("strength")
    return [
        entry.author, entry.participant, str(entry.face), entry.kind, entry.verdict, entry.label,
        "" if entry.confidence is None else f"{entry.confidence:.3f}",
        f"{entry.onset:.4f}", f"{entry.apex:.4f}", f"{entry.offset:.4f}",
        *(str(material.analysis.frame_at(time)) for time in (entry.onset, entry.apex, entry.offset)),
        f"{1000 * entry.duration:.0f}", " ".join(units), "" if strength is None else f"{100 * strength:.3f}",
        str(entry.event.number) if entry.event is not None else "", entry.note,
    ]  # fmt: skip


def _write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with naming(path), whole_file(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _write_tabbed(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Tab separated, without quotes: the cells hold neither tabs nor line breaks."""
    with naming(path), whole_file(path) as partial:
        lines = ["\t".join(columns), *("\t".join(row) for row in rows)]
        partial.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def write_metadata(material: Material, path: Path) -> None:
    """``metadata.json``: which program, model, settings and recording an export comes from."""
    write_json(path, material.metadata)
