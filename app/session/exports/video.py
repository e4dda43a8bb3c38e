"""A recording, or one event of it, as a video with the labels on it, at its own speed or slower."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from app.session.exports.material import Entry, Material
from app.session.overlay import bgr, write_on
from app.session.video_sink import VideoSink
from app.sources.random_access import FrameReader
from model.frame import Image
from model.labels import EMOTION_COLOURS

# An event's video begins and ends so many seconds beside it; its label stays that long.
_MARGIN_S: Final = 0.6
_OTHER: Final = "#d0d0d0"
_WHITE: Final = (255, 255, 255)


def write_event_video(material: Material, entry: Entry, reader: FrameReader, path: Path, slower: float = 4.0) -> None:
    """Writes one event with what comes before and after it, slowed down.

    Args:
        material: The recording.
        entry: The event.
        reader: The recording's frames.
        path: Matroska file to write.
        slower: How many times slower it plays; the picture says so.
    """
    write_video(material, [entry], reader, path, entry.onset - _MARGIN_S, entry.offset + _MARGIN_S, slower)


def write_video(
    material: Material,
    entries: list[Entry],
    reader: FrameReader,
    path: Path,
    start: float = 0.0,
    end: float = float("inf"),
    slower: float = 1.0,
    tell: Callable[[int, int], bool] = lambda _done, _of: True,
) -> None:
    """Writes a stretch of a recording with the labels of events while they last and a moment longer.

    Args:
        material: The recording.
        entries: The events.
        reader: The recording's frames.
        path: Matroska file to write.
        start: Seconds.
        end: Seconds.
        slower: How many times slower it plays.
        tell: Told (frames done, frames in all); answers whether to go on.

    Raises:
        OutputError: If the disk is full; nothing is left behind under the final name.
        SourceError: If a frame cannot be read.
    """
    times = material.analysis.times
    chosen = np.flatnonzero((times >= start) & (times <= end))
    if not len(chosen):
        return
    first = float(times[chosen[0]])
    fps = 1.0 / max(1e-3, float(np.median(np.diff(times)))) if len(times) > 1 else 30.0
    with VideoSink(path, fps) as video:
        for done, index in enumerate(chosen.tolist(), start=1):
            time = float(times[index])
            video.append((time - first) * slower, _drawn(reader.frame(index).copy(), time, entries, slower))
            if not tell(done, len(chosen)):
                return


def _drawn(picture: Image, time: float, entries: list[Entry], slower: float) -> Image:
    size = max(0.5, picture.shape[0] / 900)
    line = round(34 * size)
    said = f"{time:.2f} s" + (f"   {slower:g} x slower" if slower != 1.0 else "")
    write_on(picture, said, (round(12 * size), line), _WHITE, size)
    place = line
    for entry in entries:
        if entry.onset <= time <= entry.offset + _MARGIN_S:
            place += line
            colour = bgr(EMOTION_COLOURS.get(entry.label, _OTHER))
            now = "" if time > entry.offset else " *"
            # The font knows plain letters only; what a code holds beside them is written as a question mark.
            text = f"{entry.participant} {entry.label or entry.kind} ({entry.author}){now}"
            write_on(picture, text.encode("ascii", "replace").decode(), (round(12 * size), place), colour, size)
    return picture
