"""Analysing recordings without a window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import FleetingError
from app.session.results import ResultsWriter
from app.sources.base import LOW_RATE_FPS, Source
from model.events import Event
from model.frame import Frame
from model.pipeline import Pipeline, PipelineConfig
from model.recognition import Recogniser


@dataclass(slots=True)
class Outcome:
    """What came of one recording.

    Attributes:
        name: The recording.
        folder: Where the results lie, or None if none were written.
        frames: Frames analysed.
        frames_with_face: Frames in which a face was found.
        events: All completed movements, of every kind.
        error: Why it failed, or empty.
        interrupted: True if it was stopped by hand.
        warnings: Troubles survived.
    """

    name: str
    folder: Path | None = None
    frames: int = 0
    frames_with_face: int = 0
    events: list[Event] = field(default_factory=list)
    error: str = ""
    interrupted: bool = False
    warnings: list[str] = field(default_factory=list)

    @property
    def micro(self) -> list[Event]:
        return [event for event in self.events if event.is_micro]


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """What is written: see `ResultsWriter`."""

    all_kinds: bool = False
    overlay: bool = False


def analyse(
    source: Source,
    recogniser: Recogniser,
    folder: Path,
    options: OutputOptions,
    config: PipelineConfig | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> Outcome:
    """Analyses one source to its end and writes the results.

    A trouble with this source or its output is told in the outcome, so that a batch goes on. Ctrl-C leaves complete,
    readable files and is told likewise.

    Args:
        source: The recording; closed afterwards.
        recogniser: The network.
        folder: Folder for the results.
        options: What to write.
        config: Settings of the analysis.
        progress: Told (frames done, frames in all or None).
    """
    outcome = Outcome(source.name)
    config = config or PipelineConfig()
    pipeline = Pipeline(recogniser, config)
    try:
        frames = source.frames()
        # Nothing is written for a source that has no first frame.
        first = next(frames, None)
        if first is None:
            outcome.error = f"{source.name} has no frames."
            return outcome
        writer = ResultsWriter(folder, source, recogniser, config, all_kinds=options.all_kinds, overlay=options.overlay)
        outcome.folder = folder
        with writer:
            frame: Frame | None = first
            while frame is not None:
                events = pipeline.push(frame)
                outcome.events += events
                outcome.frames += 1
                writer.append(frame, pipeline.faces, events)
                if progress is not None:
                    progress(outcome.frames, source.frame_count)
                frame = next(frames, None)
            last = pipeline.finish()
            outcome.events += last
            writer.append_events(last)
            writer.complete = True
            fps = writer.measured_fps
            if fps is not None and fps < LOW_RATE_FPS:
                source.warnings.append(
                    f"{source.name} has only {fps:.0f} frames per second: "
                    "short movements will be missed. Film with 30 or more."
                )
    except KeyboardInterrupt:
        outcome.interrupted = True
    except FleetingError as error:
        outcome.error = str(error)
    finally:
        outcome.frames_with_face = pipeline.faces_seen
        pipeline.finish()
        source.close()
        outcome.warnings = list(source.warnings)
    return outcome


def result_folders(out: Path, names: Sequence[str]) -> list[Path]:
    """One folder below ``out`` for each recording, told apart where two have the same name."""
    folders: list[Path] = []
    for name in names:
        stem, folder, number = Path(name).stem or name, out / (Path(name).stem or name), 2
        while folder in folders:
            folder, number = out / f"{stem}-{number}", number + 1
        folders.append(folder)
    return folders
