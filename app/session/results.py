"""The folder of results of one analysed source."""

from __future__ import annotations

import contextlib
import datetime
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Final

from app.session.files import CsvSink, make_folder, write_json
from app.session.overlay import OverlaySink
from app.session.tables import EVENT_COLUMNS, FRAME_COLUMNS, event_record, event_row, frame_rows
from app.sources.base import Source
from app.version import VERSION
from model.events import Event
from model.frame import Frame
from model.pipeline import FaceState, PipelineConfig
from model.recognition import Recogniser

SCHEMA_VERSION: Final = 1


class ResultsWriter:
    """Writes ``events.csv``, ``frames.csv``, ``events.json``, ``metadata.json`` and, if wanted, ``overlay.mkv``.

    The CSV files grow while the analysis runs; the others appear when it ends, also when it is interrupted.

    Args:
        folder: Folder for the files; made if it does not exist.
        source: What is analysed.
        recogniser: The network in use.
        config: The settings in force.
        all_kinds: Also list macro-expressions, blinks, speech and rejected movements in ``events.csv``.
        overlay: Also write the annotated video.
    """

    def __init__(
        self,
        folder: Path,
        source: Source,
        recogniser: Recogniser,
        config: PipelineConfig,
        *,
        all_kinds: bool = False,
        overlay: bool = False,
    ) -> None:
        self.folder = make_folder(folder)
        self._source, self._recogniser, self._config = source, recogniser, config
        self._all_kinds = all_kinds
        self._started = datetime.datetime.now(datetime.timezone.utc)
        self._written: list[Event] = []
        self._frames = self._with_face = 0
        self._last_time = 0.0
        self._last_index = -1
        self._size: tuple[int, int] | None = None
        self.resting: dict[str, float] | None = None
        """The stretch in which everybody was said to look neutral, and how many faces were learnt from it."""
        self.ignored: dict[str, int] = {}
        """Frames that the analysis left out, by reason."""
        self.complete = False
        """Set to True by whoever analysed the source to its end."""
        with contextlib.ExitStack() as stack:
            self._frames_csv = stack.enter_context(CsvSink(folder / "frames.csv", FRAME_COLUMNS))
            self._events_csv = stack.enter_context(CsvSink(folder / "events.csv", EVENT_COLUMNS))
            self._overlay: OverlaySink | None = None
            if overlay:
                sink = OverlaySink(folder / "overlay.mkv", source.fps, config.spotter.look_ahead)
                self._overlay = stack.enter_context(sink)
            self._open = stack.pop_all()

    def __enter__(self) -> ResultsWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            write_json(self.folder / "events.json", [event_record(event) for event in self._written])
            write_json(self.folder / "metadata.json", self._metadata(str(error) if error else ""))
        finally:
            self._open.__exit__(kind, error, trace)

    def append(self, frame: Frame, faces: tuple[FaceState, ...], events: list[Event]) -> None:
        """Writes what one frame brought."""
        self._frames += 1
        self._with_face += bool(faces)
        self._last_time, self._last_index = frame.time, frame.index
        self._size = (frame.image.shape[1], frame.image.shape[0])
        self._frames_csv.append(frame_rows(frame.index, frame.time, faces))
        self.append_events(events)
        if self._overlay is not None:
            self._overlay.append(frame, faces)

    def append_events(self, events: list[Event]) -> None:
        """Writes events that belong to no new frame, as at the end of a source."""
        wanted = [event for event in events if self._all_kinds or event.is_micro]
        self._written += wanted
        if wanted:
            self._events_csv.append([event_row(event) for event in wanted])
        if self._overlay is not None:
            self._overlay.tell(events)

    @property
    def frame_count(self) -> int | None:
        """Frames of the source, None if unknown."""
        return self._source.frame_count

    @property
    def measured_fps(self) -> float | None:
        """Frames per second by the frames' own times, None before the second frame."""
        return (self._frames - 1) / self._last_time if self._last_time > 0 else None

    def _metadata(self, interruption: str) -> dict[str, object]:
        return {
            "schema_version": SCHEMA_VERSION,
            "application": {"name": "Fleeting", "version": VERSION},
            "model": {"version": self._recogniser.version, "sha256": self._recogniser.sha256},
            "source": {
                "name": self._source.name,
                "path": str(getattr(self._source, "path", "")),
                "size": self._size,
                "nominal_fps": self._source.fps,
                "measured_fps": None if self.measured_fps is None else round(self.measured_fps, 3),
                "clock": "seconds from the first frame, "
                + ("capture clock" if self._source.live else "presentation time"),
                "warnings": self._source.warnings,
            },
            "frames": {
                "captured": self._last_index + 1,
                "analysed": self._frames - sum(self.ignored.values()),
                "dropped": {"unreadable": self._last_index + 1 - self._frames, **self.ignored},
                "with_face": self._with_face,
                "without_face": self._frames - self._with_face,
            },
            "resting": self.resting,
            "events": len(self._written),
            "complete": self.complete,
            "interruption": interruption,
            "settings": asdict(self._config),
            "unsure_below": self._recogniser.unsure_below,
            "analysed_at": self._started.isoformat(timespec="seconds"),
            "meaning": "A label is the model's guess about a facial movement, not about what a person feels.",
        }
