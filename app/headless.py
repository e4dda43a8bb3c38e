"""Analysing recordings without a window."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import FleetingError
from app.live.ahead import read_ahead
from app.session.results import ResultsWriter
from app.sources.base import LOW_RATE_FPS, Source
from model.events import Event
from model.frame import Frame
from model.frame_gate import left_out
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
    """What is analysed and written.

    Attributes:
        all_kinds: See `ResultsWriter`.
        overlay: See `ResultsWriter`.
        rest: A stretch in which everybody looks neutral, from and to in seconds.
    """

    all_kinds: bool = False
    overlay: bool = False
    rest: tuple[float, float] | None = None


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
    frames = read_ahead(source.frames())
    try:
        # Nothing is written for a source that has no first frame.
        first = next(frames, None)
        if first is None:
            outcome.error = f"{source.name} has no frames."
            return outcome
        writer = ResultsWriter(folder, source, recogniser, config, all_kinds=options.all_kinds, overlay=options.overlay)
        outcome.folder = folder
        with writer:
            try:
                _analyse_frames(itertools.chain([first], frames), pipeline, writer, outcome, options.rest, progress)
            finally:
                writer.ignored = pipeline.ignored
                source.warnings += left_out(pipeline.ignored, source.name)
            writer.complete = True
            if writer.resting is not None and not writer.resting["faces"]:
                source.warnings.append(
                    f"{source.name}: no face was seen long enough from {writer.resting['from_s']:g} to "
                    f"{writer.resting['to_s']:g} s to learn how it looks at rest."
                )
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
        frames.close()
        outcome.frames_with_face = pipeline.faces_seen
        pipeline.finish()
        source.close()
        outcome.warnings = list(source.warnings)
    return outcome


def _analyse_frames(
    frames: Iterable[Frame],
    pipeline: Pipeline,
    writer: ResultsWriter,
    outcome: Outcome,
    rest: tuple[float, float] | None,
    progress: Callable[[int, int | None], None] | None,
) -> None:
    marked = False
    try:
        for frame in frames:
            if rest is not None and not marked and frame.time >= rest[0]:
                pipeline.mark_rest(rest[1] - rest[0])
                marked = True
            events = pipeline.push(frame)
            outcome.events += events
            outcome.frames += 1
            writer.append(frame, pipeline.faces, events)
            if progress is not None:
                progress(outcome.frames, writer.frame_count)
    finally:
        # Also of an interrupted analysis: what waits to be judged was seen.
        last = pipeline.finish()
        if rest is not None:
            writer.resting = {"from_s": rest[0], "to_s": rest[1], "faces": pipeline.resting_faces}
        outcome.events += last
        writer.append_events(last)
