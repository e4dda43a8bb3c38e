"""One recording analysed for a project: what is found, and the motion curves, as one record."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import SourceError
from app.live.ahead import read_ahead
from app.session.records import Analysis, Found
from app.session.tables import event_record
from app.sources.opening import open_recording
from app.version import VERSION
from model.events import Event
from model.frame_gate import left_out
from model.pipeline import FaceState, Pipeline, PipelineConfig
from model.recognition import Recogniser
from model.regions import GROUPS

Tell = Callable[[int, int | None], None]


def analyse_recording(path: Path, model: Path, config: PipelineConfig, tell: Tell | None = None) -> Analysis:
    """Analyses a recording to its end.

    Args:
        path: Video file, or folder of numbered pictures.
        model: The network.
        config: Settings.
        tell: Told (frames done, frames in all or None) after every frame.

    Raises:
        FleetingError: If the recording or the network cannot be used.
    """
    began = time.monotonic()
    recogniser = Recogniser(model)
    source = open_recording(path)
    pipeline = Pipeline(recogniser, config)
    frames = read_ahead(source.frames())
    times: list[float] = []
    motion: list[list[float]] = []
    found: list[Found] = []
    size = (0, 0)
    try:
        for frame in frames:
            found += [_found(event) for event in pipeline.push(frame)]
            times.append(frame.time)
            motion.append(_motion(pipeline.faces))
            size = (frame.image.shape[1], frame.image.shape[0])
            if tell is not None:
                tell(len(times), source.frame_count)
        found += [_found(event) for event in pipeline.finish()]
    finally:
        frames.close()
        pipeline.finish()
        source.close()
    if not times:
        raise SourceError(f"{path} has no frames.")
    facts: dict[str, Any] = {
        "application": {"name": "Fleeting", "version": VERSION},
        "model": {"version": recogniser.version, "sha256": recogniser.sha256},
        "settings": asdict(config),
        "source": {"name": source.name, "size": size, "nominal_fps": source.fps},
        "frames": {"analysed": len(times) - sum(pipeline.ignored.values()), "left_out": pipeline.ignored},
        "with_face": pipeline.faces_seen,
        "warnings": [*source.warnings, *left_out(pipeline.ignored, source.name)],
        "seconds_taken": round(time.monotonic() - began, 1),
    }
    found.sort(key=lambda event: event.onset)
    return Analysis(facts, np.array(times), np.array(motion, dtype=np.float32), tuple(found))


def _found(event: Event) -> Found:
    spot, guess = event.spot, event.recognition
    return Found(
        0,
        event.face,
        event.number,
        event.kind,
        guess.label if guess is not None else "",
        guess.confidence if guess is not None else None,
        spot.onset,
        spot.apex,
        spot.offset,
        event_record(event),
    )


def _motion(faces: tuple[FaceState, ...]) -> list[float]:
    """The largest motion of each group over the faces, percent; NaN where there is no face."""
    known = [state.group_motion for state in faces if state.group_motion]
    return [100 * max(group) for group in zip(*known, strict=True)] if known else [float("nan")] * len(GROUPS)
