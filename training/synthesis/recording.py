"""Long synthetic recordings: a person who sways, blinks, speaks and now and then makes a micro-expression."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt

from model.frame import Frame, Image
from model.muscles import SIDES, Side
from model.whole_file import whole_file
from training.synthesis.articulation import Articulation
from training.synthesis.camera import Camera, Light
from training.synthesis.codec import through_h264
from training.synthesis.habits import Blink, Glance, Speech, Swallow
from training.synthesis.portrait import FaceState, Portrait
from training.synthesis.timecourse import TimeCourse

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
        longer: Other expressions, which last too long for that.
        blinks: Blinks.
        speech: Stretches of speech, as syllables or as vowels and consonants.
        glances: Looks aside.
        swallows: Swallows.
        sway: Standard deviation of the head's translation in output pixels.
        roll: Standard deviation of the head's roll in degrees.
        turn: Standard deviation of the head's turn in degrees.
        flicker: Standard deviation of slow changes of brightness, as a share.
        seed: Seed of sway, light and noise.
    """

    duration: float
    fps: float
    movements: tuple[Movement, ...] = ()
    longer: tuple[Movement, ...] = ()
    blinks: tuple[Blink, ...] = ()
    speech: tuple[Speech | Articulation, ...] = ()
    glances: tuple[Glance, ...] = ()
    swallows: tuple[Swallow, ...] = ()
    sway: float = 1.0
    roll: float = 0.2
    turn: float = 0.0
    flicker: float = 0.0
    seed: int = 0

    @property
    def frame_count(self) -> int:
        return round(self.duration * self.fps)

    def state(self, time: float) -> FaceState:
        """What the face does at ``time`` seconds."""
        muscles: dict[tuple[int, Side], float] = {}
        for movement in (*self.movements, *self.longer):
            strength = movement.course.strength(time)
            if strength > 0.0:
                for key, peak in movement.muscles.items():
                    muscles[key] = muscles.get(key, 0.0) + strength * peak
        closure = max((blink.closure(time) for blink in self.blinks), default=0.0)
        opening = 0.0
        for speech in self.speech:
            jaw, lips = speech.mouth(time)
            opening = max(opening, jaw)
            for (au, strength), side in itertools.product(lips.items(), SIDES):
                if strength:
                    muscles[au, side] = muscles.get((au, side), 0.0) + strength
        looks = [glance.gaze(time) for glance in self.glances]
        gaze = (sum(look[0] for look in looks), sum(look[1] for look in looks))
        lift = sum(swallow.lift(time) for swallow in self.swallows)
        return FaceState(muscles, (closure, closure), opening, gaze, swallowing=lift)


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that can be rendered frame by frame, the same every time.

    Attributes:
        portrait: The person.
        script: What happens.
        camera: The camera's quality.
        size: Width and height in pixels.
        centre: Where the picture's centre looks at the portrait, in portrait pixels.
        inter_ocular: Pixels between the eyes on the picture; None for as many as on the portrait.
        crf: H.264 rate factor of the stream; None for no codec.
        gain: Brightness of the light.
    """

    portrait: Portrait
    script: Script
    camera: Camera = field(default_factory=Camera)
    size: tuple[int, int] = (640, 480)
    centre: tuple[float, float] | None = None
    inter_ocular: float | None = None
    crf: int | None = None
    gain: float = 1.0

    def frames(self) -> Iterator[Frame]:
        """All frames, rendered one at a time."""
        pictures = self._pictures()
        if self.crf is not None:
            pictures = through_h264(pictures, self.script.fps, self.crf)
        for index, picture in enumerate(pictures):
            yield Frame(index, index / self.script.fps, picture)

    def _pictures(self) -> Iterator[Image]:
        script = self.script
        rng = np.random.default_rng(script.seed)
        sway = _Sines(3, rng)
        slow = _Sines(3, np.random.default_rng([script.seed, 1]))
        for index in range(script.frame_count):
            time = index / script.fps
            right, down, brightness = slow.at(time)
            state = replace(script.state(time), turn=(script.turn * right, script.turn * down))
            picture = self.portrait.render(state, self._view(sway.at(time)), self.size)
            yield self.camera.expose(picture, rng, Light(self.gain * (1.0 + script.flicker * brightness)))

    def _view(self, sway: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        centre = np.array(self.centre or self.portrait.landmarks.mean(axis=0), dtype=np.float64)
        angle = np.deg2rad(self.script.roll * sway[2])
        zoom = 1.0 if self.inter_ocular is None else self.portrait.inter_ocular / self.inter_ocular
        linear = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        middle = np.array(self.size, dtype=np.float64) / 2 + self.script.sway * sway[:2]
        return np.column_stack([linear, centre - linear @ middle])


class _Sines:
    """Slow random motions of deviation 1, each a sum of sines."""

    def __init__(self, count: int, rng: np.random.Generator) -> None:
        self._frequencies = rng.uniform(0.05, _SWAY_MAX_HZ, (count, _SWAY_SINES))
        self._phases = rng.uniform(0, 2 * np.pi, (count, _SWAY_SINES))

    def at(self, time: float) -> npt.NDArray[np.float64]:
        waves = np.sin(2 * np.pi * self._frequencies * time + self._phases)
        return np.asarray(waves.sum(axis=1) * np.sqrt(2 / _SWAY_SINES))


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
