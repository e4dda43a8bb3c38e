"""Which formats there are, and writing them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from app.errors import FleetingError, SessionError
from app.session.exports.annotations import write_elan, write_textgrid, write_webvtt
from app.session.exports.figure import FORMATS as FIGURE_FORMATS
from app.session.exports.figure import look_at, write_figure
from app.session.exports.material import Material
from app.session.exports.report import Report, make_report, write_html
from app.session.exports.tables import (
    bids_name,
    write_bids,
    write_boris,
    write_events_csv,
    write_frames_csv,
    write_json_events,
    write_metadata,
)
from app.session.exports.thumbnails import Thumbnails, thumbnails
from app.session.exports.video import write_event_video, write_video
from app.session.files import make_folder
from app.session.result_folders import result_folders
from app.sources.random_access import FrameReader, open_frames
from assets import ASTANN_CARD
from model.recognition import Recogniser


@dataclass(frozen=True, slots=True)
class Format:
    """A format.

    Attributes:
        name: As on the command line.
        title: In the window.
        file: From the material to the file's name.
        write: Writes it.
    """

    name: str
    title: str
    file: Callable[[Material], str]
    write: Callable[[Material, Path], None]


FORMATS: Final = {
    f.name: f
    for f in (
        Format("csv", "Table of events (events.csv)", lambda _m: "events.csv", write_events_csv),
        Format("frames", "Frames, OpenFace style (frames.csv)", lambda _m: "frames.csv", write_frames_csv),
        Format("elan", "ELAN (.eaf)", lambda m: f"{m.recording.path.stem}.eaf", write_elan),
        Format("praat", "Praat (.TextGrid)", lambda m: f"{m.recording.path.stem}.TextGrid", write_textgrid),
        Format("bids", "BIDS events (.tsv and .json)", bids_name, write_bids),
        Format("vtt", "Captions, WebVTT (.vtt)", lambda m: f"{m.recording.path.stem}.vtt", write_webvtt),
        Format("boris", "BORIS style (.tsv)", lambda m: f"{m.recording.path.stem}.boris.tsv", write_boris),
        Format("json", "Everything (events.json)", lambda _m: "events.json", write_json_events),
    )
}
"""Every format by its name."""


REPORT: Final = "report.html"
FIGURES: Final = "figures"

Tell = Callable[[int, int], bool]
"""Told (work done, work in all); answers whether to go on."""
# Work of one recording or one event: the frames of a long video are told as parts of it.
_STEP: Final = 1000


def export_all(
    materials: Sequence[Material],
    folder: Path,
    title: str,
    formats: Sequence[str] = tuple(FORMATS),
    figures: Path | None = None,
    videos: bool = False,
    faces: Thumbnails = "none",
    tell: Tell = lambda _done, _of: True,
) -> Report:
    """Writes every recording's files in a folder of its own, and the report of all.

    Args:
        materials: The recordings.
        folder: Folder to write.
        title: Of the report.
        formats: Names in `FORMATS`.
        figures: A network, to draw a figure of each event that counts and to write a slowed video of it; None for none.
        videos: Write every recording with its labels on it.
        faces: Whether the report shows each event's face.
        tell: Told how far it is; if it answers False the rest is left out.

    Returns:
        The report, which was written as ``report.html``.

    Raises:
        FleetingError: If something cannot be written; what was written before is whole.
    """
    make_folder(folder)
    pictures = [_faces(material, faces) for material in materials] if faces != "none" else ()
    report = make_report(materials, title, ASTANN_CARD.read_text(encoding="utf-8"), pictures)
    write_html(report, folder / REPORT)
    events = sum(len([e for e in m.entries if e.counts]) for m in materials) if figures is not None else 0
    done, whole = 0, len(materials) + events
    recogniser = Recogniser(figures) if figures is not None and events else None
    for material, place in zip(materials, result_folders(folder, [m.recording.name for m in materials]), strict=True):
        export(material, place, formats)
        if videos:
            _film(material, place / f"{material.recording.path.stem}.labelled.mkv", partial(_part, tell, done, whole))
        done += 1
        if not _part(tell, done, whole):
            return report
        if recogniser is None:
            continue
        for _ in _draw(material, place / FIGURES, recogniser):
            done += 1
            if not _part(tell, done, whole):
                return report
    return report


def _part(tell: Tell, done: int, whole: int, frames: int = 0, of: int = 1) -> bool:
    """Tells how far the work is, a recording's frames as part of its step."""
    return tell(_STEP * done + _STEP * frames // of, _STEP * whole)


def _faces(material: Material, kind: Thumbnails) -> list[str]:
    with _frames(material) as reader:
        return thumbnails(material, reader, kind)


def _film(material: Material, path: Path, tell: Tell) -> None:
    """The whole recording with the labels that count; a stopped one is not kept."""
    going = True

    def on(done: int, of: int) -> bool:
        nonlocal going
        going = tell(done, of)
        return going

    with _frames(material) as reader:
        write_video(material, [entry for entry in material.entries if entry.counts], reader, path, tell=on)
    if not going:
        path.unlink(missing_ok=True)


def _draw(material: Material, folder: Path, recogniser: Recogniser) -> Iterator[None]:
    """Draws the events that count, one after another."""
    entries = [entry for entry in material.entries if entry.counts]
    if not entries:
        return
    make_folder(folder)
    with _frames(material) as reader:
        for entry in entries:
            name = re.sub(r"\W+", "-", f"{entry.onset:09.3f} {entry.author} {entry.participant}").strip("-")
            # Where no face is seen there is the video alone.
            with contextlib.suppress(SessionError):
                seen = look_at(material, entry, reader, recogniser)
                for suffix in FIGURE_FORMATS:
                    write_figure(material, entry, seen, folder / f"{name}.{suffix}")
            write_event_video(material, entry, reader, folder / f"{name}.mkv")
            yield


def _frames(material: Material) -> contextlib.closing[FrameReader]:
    return contextlib.closing(open_frames(material.recording.path, material.analysis.times))


def export(material: Material, folder: Path, formats: Sequence[str] = tuple(FORMATS)) -> list[Path]:
    """Writes a recording's files and ``metadata.json`` beside them.

    Args:
        material: The recording.
        folder: Folder to write; made if it does not exist.
        formats: Names in `FORMATS`.

    Returns:
        The files.

    Raises:
        FleetingError: If a format is unknown or a file cannot be written; those before it are whole.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise FleetingError(f"There is no format '{unknown[0]}'. Choose from: {', '.join(FORMATS)}.")
    make_folder(folder)
    written = []
    for name in formats:
        path = folder / FORMATS[name].file(material)
        FORMATS[name].write(material, path)
        written.append(path)
    write_metadata(material, folder / "metadata.json")
    return [*written, folder / "metadata.json"]
