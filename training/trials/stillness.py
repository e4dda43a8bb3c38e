"""Windows in which nobody makes an expression: how often does the network see one all the same?"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from assets import ASTANN_ONNX
from model.crop import Points, Transform, crop_transform, grey_crop
from model.events import Event
from model.face import FaceTracker
from model.flow import FlowEstimator
from model.frame import Frame
from model.key_frames import Span, key_spans, mean_crop
from model.pipeline import Pipeline, PipelineConfig
from model.recognition import Recogniser
from model.representation import KeyCrops, Representation, represent
from training.people import load_person
from training.pool import in_parallel
from training.recordings import frames_of
from training.synthesis.camera import Camera
from training.synthesis.habits import Blink, Speech
from training.synthesis.recording import Recording, Script

# A window every so many seconds (recordings without expression are short and rare: one at each frame), and its key
# frames: before, onset, apex, offset, as in a middling movement.
_EVERY_S: Final = 0.25
_EVERY_RECORDED_S: Final = 0.03
_KEY_TIMES: Final = (0.0, 0.15, 0.30, 0.50)
_TALK_FPS: Final = 30.0
_TALK_SIZE: Final = (480, 480)


@dataclass(frozen=True, slots=True)
class Stillness:
    """Windows of one recording.

    Attributes:
        name: Of the recording.
        windows: The network's input for each.
    """

    name: str
    windows: tuple[Representation, ...]


def windows_of_recordings(files: list[Path], progress: Callable[[int, int], None] | None = None) -> list[Stillness]:
    """Windows of the stretches of videos in which no long movement (a smile, say) was spotted."""
    return in_parallel(_look_at_file, files, progress)


def windows_of_talk(
    people: tuple[Path, ...], minutes: float, seed: int, progress: Callable[[int, int], None] | None = None
) -> Stillness:
    """Windows of synthetic persons who talk and blink.

    Args:
        people: Prepared portraits.
        minutes: Length of all recordings together.
        seed: Seed of what they say.
        progress: Told (persons done, persons in all).
    """
    jobs = [(path, 60 * minutes / len(people), (seed, i)) for i, path in enumerate(people)]
    parts = in_parallel(_look_at_talk, jobs, progress)
    name = f"synthetic talk and blinks, {minutes:g} min, {len(people)} persons"
    return Stillness(name, tuple(window for part in parts for window in part))


def _look_at_file(path: Path) -> Stillness:
    cv2.setNumThreads(1)
    recogniser = Recogniser(ASTANN_ONNX)
    pipeline = Pipeline(recogniser, PipelineConfig(provisional=False))
    long_ones = [event for event in pipeline.run(frames_of(path)) if event.kind == "macro"]
    return Stillness(path.name, tuple(_windows(frames_of(path), _EVERY_RECORDED_S, long_ones)))


def _look_at_talk(job: tuple[Path, float, tuple[int, int]]) -> list[Representation]:
    cv2.setNumThreads(1)
    path, seconds, seed = job
    rng = np.random.default_rng(seed)
    script = talk_script(seconds, rng)
    portrait = load_person(path)
    recording = Recording(portrait, script, Camera(noise=3.0), _TALK_SIZE)
    return list(_windows(recording.frames(), _EVERY_S))


def talk_script(seconds: float, rng: np.random.Generator) -> Script:
    """Somebody who talks half of the time, blinks every few seconds, and shows no expression."""
    blinks, speech = [], []
    time = float(rng.uniform(0.5, 2.0))
    while time < seconds:
        blinks.append(Blink(time, float(rng.uniform(0.15, 0.35))))
        time += float(rng.exponential(3.0)) + 0.6
    time = float(rng.uniform(0.5, 2.0))
    while time < seconds - 1.0:
        length = float(rng.uniform(1.0, 4.0))
        speech.append(Speech(time, min(time + length, seconds), float(rng.uniform(0.02, 0.08))))
        time += length + float(rng.uniform(0.5, 4.0))
    return Script(
        seconds,
        _TALK_FPS,
        blinks=tuple(blinks),
        speech=tuple(speech),
        sway=1.2,
        roll=0.3,
        seed=int(rng.integers(2**31)),
    )


def _windows(frames: Iterable[Frame], every: float, exclude: Sequence[Event] = ()) -> Iterator[Representation]:
    flow = FlowEstimator()
    kept: deque[Frame] = deque()
    next_start = 0.0
    landmarks: dict[int, Points] = {}
    with FaceTracker(max_faces=1) as tracker:
        for frame in frames:
            faces = tracker.track(frame)
            if faces:
                landmarks[frame.index] = faces[0].landmarks
            kept.append(frame)
            while kept and frame.time - kept[0].time > _KEY_TIMES[-1] + 0.2:
                landmarks.pop(kept.popleft().index, None)
            if frame.time < next_start + _KEY_TIMES[-1]:
                continue
            start, next_start = next_start, next_start + every
            keys = [_nearest(kept, start + t) for t in _KEY_TIMES]
            if not all(k.index in landmarks for k in keys) or _overlaps(start, exclude):
                continue
            transform = crop_transform(landmarks[keys[1].index])
            spans = key_spans(*(k.time for k in keys))
            yield represent(KeyCrops(*(_mean(kept, span, transform) for span in spans)), flow)


def _mean(frames: Iterable[Frame], span: Span, transform: Transform) -> npt.NDArray[np.uint8]:
    """What the frames of a span show, cut alike, as the pipeline looks at them."""
    first, last = span
    return mean_crop([grey_crop(frame.image, transform) for frame in frames if first <= frame.time <= last])


def _nearest(frames: Iterable[Frame], time: float) -> Frame:
    return min(frames, key=lambda frame: abs(frame.time - time))


def _overlaps(start: float, events: Sequence[Event]) -> bool:
    return any(start < e.spot.offset and e.spot.onset < start + _KEY_TIMES[-1] for e in events)
