"""Which formats there are, and writing them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.errors import FleetingError
from app.session.exports.annotations import write_elan, write_textgrid, write_webvtt
from app.session.exports.material import Material
from app.session.exports.tables import (
    bids_name,
    write_bids,
    write_boris,
    write_events_csv,
    write_frames_csv,
    write_json_events,
    write_metadata,
)
from app.session.files import make_folder


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
