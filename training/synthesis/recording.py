"""Long synthetic recordings: a person who sways, blinks, speaks and now and then makes a micro-expression."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt

from model.frame import Frame
from model.whole_file import whole_file
from training.synthesis.camera import Camera
from training.synthesis.muscles import Side
from training.synthesis.portrait import FaceState, Portrait
from training.synthesis.timecourse import TimeCourse

# Share of a blink spent closing; lids close faster than they open.
_BLINK_CLOSING: Final = 0.35
# Syllables per second of speech-like mouth motion.
_SYLLABLES_HZ: Final = 4.0
# Head sway is a sum of this many slow sines below this frequency.
_SWAY_SINES: Final = 4
_SWAY_MAX_HZ: Final = 0.6


@dataclass(frozen=True, slots=True)
class Movement:
    """A true micro-expression.

    Attributes:
        emotion: One of `model.labels.EMOTIONS`.
        course: Its onset, apex and offset in seconds.
        muscles: (AU, side) to peak displacement in fractions of the inter-ocular distance.
    """

    emotion: str
    course: TimeCourse
    muscles: dict[tuple[int, Side], float]

    @property
    def action_units(self) -> tuple[int, ...]:
        """The AUs that move, ascending."""
        return tuple(sorted({au for au, _ in self.muscles}))


@dataclass(frozen=True, slots=True)
class Script:
    """What happens in a recording.

    Attributes:
        duration: Seconds.
        fps: Frames per second.
        movements: The true micro-expressions.
        blinks: (start, duration) in seconds.
        speech: (start, end, opening): speech-like mouth motion; opening in fractions of the inter-ocular distance.
        sway: Standard deviation of the head's translation in output pixels.
        roll: Standard deviation of the head's roll in degrees.
        seed: Seed of sway and noise.
    """

    duration: float
    fps: float
    movements: tuple[Movement, ...] = ()
    blinks: tuple[tuple[float, float], ...] = ()
    speech: tuple[tuple[float, float, float], ...] = ()
    sway: float = 1.0
    roll: float = 0.2
    seed: int = 0

    @property
    def frame_count(self) -> int:
        return round(self.duration * self.fps)

    def state(self, time: float) -> FaceState:
        """What the face does at ``time`` seconds."""
        muscles: dict[tuple[int, Side], float] = {}
        for movement in self.movements:
            strength = movement.course.strength(time)
            if strength > 0.0:
                for key, peak in movement.muscles.items():
                    muscles[key] = muscles.get(key, 0.0) + strength * peak
        closure = max((_blink(time - start, duration) for start, duration in self.blinks), default=0.0)
        opening = 0.0
        for start, end, peak in self.speech:
            if start < time < end:
                envelope = min(1.0, (time - start) / 0.15, (end - time) / 0.15)
                syllable = 0.5 - 0.5 * np.cos(2 * np.pi * _SYLLABLES_HZ * (time - start))
                stress = 0.75 + 0.25 * np.sin(2 * np.pi * 0.9 * (time - start))
                opening = peak * envelope * stress * float(0.25 + 0.75 * syllable)
                round_lips = 0.012 * envelope * float(np.sin(2 * np.pi * 2.3 * (time - start)) ** 2)
                for side in (-1, 1):
                    muscles[18, side] = muscles.get((18, side), 0.0) + round_lips
        return FaceState(muscles, (closure, closure), opening)


def _blink(elapsed: float, duration: float) -> float:
    if not 0.0 < elapsed < duration:
        return 0.0
    course = TimeCourse(0.0, duration * _BLINK_CLOSING, duration)
    return min(1.0, 1.15 * course.strength(elapsed))


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that can be rendered frame by frame, the same every time.

    Attributes:
        portrait: The person.
        script: What happens.
        camera: The camera's quality.
        size: Width and height in pixels.
        centre: Where the picture's centre looks at the portrait, in portrait pixels.
    """

    portrait: Portrait
    script: Script
    camera: Camera = field(default_factory=Camera)
    size: tuple[int, int] = (640, 480)
    centre: tuple[float, float] | None = None

    def frames(self) -> Iterator[Frame]:
        """All frames, rendered one at a time."""
        rng = np.random.default_rng(self.script.seed)
        frequencies = rng.uniform(0.05, _SWAY_MAX_HZ, (3, _SWAY_SINES))
        phases = rng.uniform(0, 2 * np.pi, (3, _SWAY_SINES))
        for index in range(self.script.frame_count):
            time = index / self.script.fps
            sines = np.sin(2 * np.pi * frequencies * time + phases).sum(axis=1) * np.sqrt(2 / _SWAY_SINES)
            picture = self.portrait.render(self.script.state(time), self._view(sines), self.size)
            yield Frame(index, time, self.camera.expose(picture, rng))

    def _view(self, sway: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        centre = np.array(self.centre or self.portrait.landmarks.mean(axis=0), dtype=np.float64)
        angle = np.deg2rad(self.script.roll * sway[2])
        linear = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        middle = np.array(self.size, dtype=np.float64) / 2 + self.script.sway * sway[:2]
        return np.column_stack([linear, centre - linear @ middle])


def write_recording(
    recording: Recording, video: Path, truth: Path, progress: Callable[[int, int], None] | None = None
) -> None:
    """Renders a recording into a video file and its truth beside it; neither appears before it is whole.

    Args:
        recording: What to render.
        video: Matroska file to write (H.264).
        truth: JSON file to write: the true movements with onset, apex and offset in seconds.
        progress: Told (frames done, frames in all).
    """
    script = recording.script
    video.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(video) as partial:
        with av.open(str(partial), "w", format="matroska") as container:
            stream = container.add_stream("libx264", rate=Fraction(script.fps).limit_denominator(1001))
            stream.width, stream.height = recording.size
            stream.pix_fmt = "yuv420p"
            # Crisp enough that the sensor's noise survives as it would in a good webcam's stream.
            stream.options = {"crf": "17", "preset": "veryfast", "threads": "1"}
            for frame in recording.frames():
                picture = av.VideoFrame.from_ndarray(frame.image, format="bgr24")
                container.mux(stream.encode(picture))
                if progress is not None:
                    progress(frame.index + 1, script.frame_count)
            container.mux(stream.encode())
        _write_truth(script, truth)


def _write_truth(script: Script, path: Path) -> None:
    rows = [
        {
            "emotion": m.emotion,
            "action_units": list(m.action_units),
            "onset_s": m.course.onset,
            "apex_s": m.course.apex,
            "offset_s": m.course.offset,
            "peak_displacement": max(m.muscles.values()),
        }
        for m in script.movements
    ]
    with whole_file(path) as partial:
        partial.write_text(json.dumps({"fps": script.fps, "duration_s": script.duration, "movements": rows}, indent=1))
