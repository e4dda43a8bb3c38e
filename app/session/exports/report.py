"""A report of a recording or a whole project: one HTML file that needs nothing beside it."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from jinja2 import Environment, PackageLoader, select_autoescape
from markdown_it import MarkdownIt
from matplotlib.figure import Figure

from app.session.agreement import compare
from app.session.exports.material import Material, lined_up
from app.session.files import naming
from app.version import VERSION
from model.labels import EMOTION_COLOURS, EMOTIONS
from model.whole_file import whole_file

_LABELS: Final = (*(name for name in EMOTIONS if name != "none"), "unsure", "")
_NO_LABEL: Final = "no label"
_PAGE_INCHES: Final = 7.0
# A card is text: what looks like HTML in it is shown as it stands.
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table")
_HEADING: Final = re.compile(r"(</?h)([1-4])>")


@dataclass(frozen=True, slots=True)
class Report:
    """A report, ready to be written.

    Attributes:
        title: Of the page.
        html: The whole page.
    """

    title: str
    html: str


def make_report(materials: Sequence[Material], title: str, card: str, faces: Sequence[Sequence[str]] = ()) -> Report:
    """Makes the report of one or several recordings.

    Args:
        materials: The recordings.
        title: Of the page.
        card: The model card (Markdown) of the network that ships. The page quotes what a label means, and shows all of
            it if a recording was analysed with that network.
        faces: For each recording a small JPEG (base64) of each of its entries; none for no pictures.
    """
    authors = list(dict.fromkeys(author for material in materials for author in material.authors))
    minutes = sum(_minutes(material) for material in materials)
    models = _models(materials, card)
    environment = Environment(
        loader=PackageLoader("app.session.exports"), autoescape=select_autoescape(default=True), trim_blocks=True
    )
    html = environment.get_template("report.html.jinja").render(
        title=title,
        version=VERSION,
        minutes=f"{minutes:.1f}",
        counts=[_counts(author, materials, minutes) for author in authors],
        labels=[label or _NO_LABEL for label in _LABELS],
        agreement=_agreement(materials, authors),
        recordings=[_recording(m, faces[n] if faces else ()) for n, m in enumerate(materials)],
        models=models,
        limits=_limits(card),
        card=_as_html(card) if any(model["known"] for model in models) else "",
    )
    return Report(title, html)


def write_html(report: Report, path: Path) -> None:
    """Writes the page; it appears whole or not at all."""
    with naming(path), whole_file(path) as partial:
        partial.write_text(report.html, encoding="utf-8")


def _counts(author: str, materials: Sequence[Material], minutes: float) -> dict[str, Any]:
    own = [entry for material in materials for entry in material.of(author) if entry.counts]
    durations = [1000 * entry.duration for entry in own]
    return {
        "author": author,
        "events": len(own),
        "rate": f"{len(own) / minutes:.2f}" if minutes else "–",
        "labels": [sum(entry.label == label for entry in own) for label in _LABELS],
        "duration": f"{np.median(durations):.0f}" if durations else "–",
        "spread": "{:.0f}-{:.0f}".format(*np.percentile(durations, [25, 75])) if durations else "–",
        "rejected": sum(entry.verdict == "rejected" for m in materials for entry in m.of(author)),
        "added": sum(entry.verdict == "added" for entry in own),
    }


def _agreement(materials: Sequence[Material], authors: Sequence[str]) -> list[dict[str, str]]:
    rows = []
    for i, one in enumerate(authors):
        for two in authors[i + 1 :]:
            found = compare(lined_up(materials, one), lined_up(materials, two))
            figures = {"f1": found.f1, "kappa": found.kappa, "alpha": found.alpha}
            rows.append(
                {"pair": f"{one} and {two}", "shared": str(len(found.pairs))}
                | {name: "–" if math.isnan(value) else f"{value:.2f}" for name, value in figures.items()}
            )
    return rows


def _recording(material: Material, faces: Sequence[str]) -> dict[str, Any]:
    with_face = float(np.isfinite(material.analysis.motion).all(axis=1).mean())
    return {
        "name": material.recording.name,
        "minutes": f"{_minutes(material):.1f}",
        "frames": len(material.analysis.times),
        "seen": f"{100 * with_face:.0f}",
        "warnings": material.analysis.facts.get("warnings", []),
        "picture": _timeline(material),
        "faces": any(faces),
        "events": [
            {
                "time": _clock(entry.onset), "duration": f"{1000 * entry.duration:.0f}", "who": entry.participant,
                "author": entry.author, "label": entry.label or _NO_LABEL,
                "colour": EMOTION_COLOURS.get(entry.label, "#8a8a8a"),
                "sure": "" if entry.confidence is None else f"{min(99, int(100 * entry.confidence))} %",
                "verdict": entry.verdict, "note": entry.note, "face": faces[n] if faces else "",
            }
            for n, entry in enumerate(material.entries)
        ],
        "notes": [{"time": _clock(note.time), "rater": code, "text": note.text} for code, note in material.notes],
    }  # fmt: skip


def _models(materials: Sequence[Material], card: str) -> list[dict[str, str | bool]]:
    """The networks behind the recordings, and whether ``card`` is each one's."""
    seen = {m.analysis.facts.get("model", {}).get("sha256", ""): m.analysis.facts.get("model", {}) for m in materials}
    return [
        {
            "version": str(m.get("version", "?")),
            "sha256": str(m.get("sha256", "?")),
            "known": bool(mark) and mark in card,
        }
        for mark, m in seen.items()
    ]


def _as_html(card: str) -> str:
    """The whole card, its headings below the page's own."""
    return _HEADING.sub(lambda tag: f"{tag[1]}{int(tag[2]) + 2}>", _MARKDOWN.render(card))


def _limits(card: str) -> list[str]:
    """What a model card says of its labels' meaning, as HTML: the list below that heading."""
    lines = card.split("\n")
    start = next((n for n, line in enumerate(lines) if line.startswith("## What a label means")), None)
    if start is None:
        return []
    section = []
    for line in lines[start + 1 :]:
        if line.startswith("## "):
            break
        section.append(line)
    return [
        _MARKDOWN.renderInline(" ".join(part.split()).lstrip("- "))
        for part in "\n".join(section).replace("\n- ", "\n\n").split("\n\n")
        if part.strip()
    ]


def _timeline(material: Material) -> str:
    """The recording at a glance, as a PNG within the page."""
    authors = material.authors
    figure = Figure(figsize=(_PAGE_INCHES, 0.9 + 0.28 * len(authors)), layout="constrained")
    axes = figure.subplots()
    for row, author in enumerate(authors):
        for entry in material.of(author):
            colour = EMOTION_COLOURS.get(entry.label, "#8a8a8a")
            rejected = entry.verdict == "rejected"
            axes.vlines(
                entry.apex, row - 0.35, row + 0.35, colors="#c9c9c9" if rejected else colour,
                linewidth=1.0 if rejected else 2.2,
            )  # fmt: skip
    axes.set_yticks(range(len(authors)), authors)
    axes.set_ylim(len(authors) - 0.5, -0.5)
    axes.set_xlim(0.0, max(1.0, float(material.analysis.times[-1])))
    axes.set_xlabel("seconds")
    axes.tick_params(labelsize="small")
    packed = io.BytesIO()
    figure.savefig(packed, format="png", dpi=110)
    return base64.b64encode(packed.getvalue()).decode()


def _minutes(material: Material) -> float:
    return float(material.analysis.times[-1]) / 60


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:05.2f}"
