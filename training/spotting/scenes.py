"""The recordings on which spotting is judged: persons at a desk who now and then make a micro-expression."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from training.people import load_person
from training.spotting.scores import Truth
from training.synthesis.anatomy import ANATOMY_NAMES, draw_anatomy
from training.synthesis.articulation import Articulation, articulate
from training.synthesis.camera import Camera
from training.synthesis.chance import log_uniform
from training.synthesis.expressions import sample_expression
from training.synthesis.habits import Blink, Glance, Speech, Swallow
from training.synthesis.recording import Movement, Recording, Script
from training.synthesis.timecourse import TimeCourse

_EMOTIONS: Final = ("negative", "positive", "surprise")
# Micro-expressions: displacements in fractions of the inter-ocular distance, durations in seconds, share spent rising.
# A movement shorter than three frames cannot be told from noise by anybody and is not made.
_PEAKS: Final = (0.005, 0.03)
_DURATIONS_S: Final = (0.1, 0.5)
_FEWEST_FRAMES: Final = 3.0
_RISE: Final = (0.3, 0.6)
# Seconds between two of them, and before the first one: a spotter has to get to know the face.
_PAUSES_S: Final = (1.2, 6.0)
_FIRST_S: Final = 2.0
# Longer expressions: so many a minute, displacement, seconds of rise, hold and fall.
_LONGER_A_MINUTE: Final = 2.0
_LONGER_PEAKS: Final = (0.02, 0.06)
_LONGER_RISE_S: Final = (0.25, 0.6)
_LONGER_HOLD_S: Final = (0.5, 2.0)
# Blinks come by chance, 15 a minute; speech in stretches, for a fifth of the time, and so many times as often where
# somebody only talks; looks aside.
_BLINK_PAUSE_S: Final = 3.5
_BLINK_S: Final = (0.15, 0.35)
_SPEECH_S: Final = (1.0, 3.5)
_SPEECH_PAUSE_S: Final = 9.0
_TALKATIVE: Final = 3
_OPENINGS: Final = (0.02, 0.08)
_GLANCE_PAUSE_S: Final = 5.0
_GLANCE_S: Final = (0.3, 1.5)
_GLANCE_SD: Final = (0.05, 0.025)
# People swallow about once a minute, more often before a camera.
_SWALLOW_PAUSE_S: Final = 25.0
_SWALLOW_S: Final = (0.5, 1.2)
_SWALLOW_LIFT: Final = (0.02, 0.06)
# Width and height of the picture: a face at a desk with little around it, since empty walls only cost time.
_SIZE: Final = (384, 352)
# The head: shift in shares of the inter-ocular distance, roll and turn in degrees.
_SWAY: Final = (0.01, 0.04)
_ROLL: Final = (0.1, 0.6)
_TURN: Final = (0.2, 1.2)


@dataclass(frozen=True, slots=True)
class Setting:
    """A camera and its light.

    Attributes:
        name: In tables.
        noise: Standard deviation of the sensor's noise, grey levels.
        blur: Of the optics, pixels.
        gain: Brightness.
        flicker: Standard deviation of slow changes of brightness, as a share.
        crf: H.264 rate factor, None for no codec.
        inter_ocular: Pixels between the eyes, smallest and largest.
    """

    name: str
    noise: float
    blur: float
    gain: float
    flicker: float
    crf: int | None
    inter_ocular: tuple[float, float]


CLEAN: Final = Setting("clean", 1.0, 0.3, 1.0, 0.0, None, (90.0, 120.0))
WEBCAM: Final = Setting("webcam", 3.0, 0.5, 0.95, 0.01, 20, (75.0, 110.0))
POOR_LIGHT: Final = Setting("poor light", 6.0, 0.7, 0.45, 0.03, 23, (75.0, 110.0))


@dataclass(frozen=True, slots=True)
class Scene:
    """One recording before it is rendered.

    Attributes:
        person: Prepared portrait.
        setting: Camera and light.
        fps: Frames per second.
        seconds: Length.
        talk: Whether somebody only talks, in vowels and consonants, and blinks, without any expression.
        seed: Seed of everything.
    """

    person: Path
    setting: Setting
    fps: float
    seconds: float
    talk: bool
    seed: int

    def recording(self) -> tuple[Recording, tuple[Truth, ...]]:
        """The recording and its micro-expressions."""
        rng = np.random.default_rng([2024, self.seed])
        size = float(rng.uniform(*self.setting.inter_ocular))
        script = _script(self, size, rng)
        muscles = draw_anatomy(ANATOMY_NAMES, rng)
        portrait = load_person(self.person).with_muscles(muscles, folds=float(rng.uniform(0.0, 0.4)))
        recording = Recording(
            portrait,
            script,
            Camera(self.setting.noise, self.setting.blur),
            size=_SIZE,
            inter_ocular=size,
            crf=self.setting.crf,
            gain=self.setting.gain,
        )
        truth = tuple(
            Truth(m.course.onset, m.course.apex, m.course.offset, max(m.muscles.values())) for m in script.movements
        )
        return recording, truth


def _script(scene: Scene, inter_ocular: float, rng: np.random.Generator) -> Script:
    movements: list[Movement] = []
    longer: list[Movement] = []
    time = _FIRST_S
    while not scene.talk:
        time += float(rng.uniform(*_PAUSES_S))
        if time > scene.seconds - 1.0:
            break
        emotion = str(rng.choice(_EMOTIONS))
        if rng.random() < _LONGER_A_MINUTE * np.mean(_PAUSES_S) / 60:
            rise, hold = rng.uniform(*_LONGER_RISE_S), rng.uniform(*_LONGER_HOLD_S)
            course = TimeCourse(time, time + rise, time + rise + hold + rng.uniform(*_LONGER_RISE_S), hold)
            if course.offset < scene.seconds - 1.0:
                longer.append(
                    Movement(emotion, course, sample_expression(emotion, log_uniform(_LONGER_PEAKS, rng), rng))
                )
        else:
            duration = float(rng.uniform(max(_DURATIONS_S[0], _FEWEST_FRAMES / scene.fps), _DURATIONS_S[1]))
            course = TimeCourse(time, time + duration * rng.uniform(*_RISE), time + duration)
            movements.append(Movement(emotion, course, sample_expression(emotion, log_uniform(_PEAKS, rng), rng)))
        time = course.offset
    busy = [(m.course.onset - 0.3, m.course.offset + 0.3) for m in (*movements, *longer)]

    def free(start: float, end: float) -> bool:
        """Speech and swallows never hide a micro-expression: nobody could tell what is true then."""
        return all(end < a or b < start for a, b in busy)

    blinks = tuple(Blink(t, float(rng.uniform(*_BLINK_S))) for t in _times(scene.seconds, _BLINK_PAUSE_S, rng))
    speech: tuple[Speech | Articulation, ...]
    speech = syllables = tuple(
        Speech(t, t + length, float(rng.uniform(*_OPENINGS)))
        for t in _times(scene.seconds, _SPEECH_PAUSE_S / (_TALKATIVE if scene.talk else 1), rng)
        if free(t, t + (length := float(rng.uniform(*_SPEECH_S))))
    )
    if scene.talk:
        # Whoever only talks is judged by how lips form sounds; beside expressions plain syllables do.
        speech = tuple(articulate(said.start, said.end, said.opening, rng) for said in syllables)
    glances = tuple(
        Glance(
            t,
            t + float(rng.uniform(*_GLANCE_S)),
            (float(rng.normal(0, _GLANCE_SD[0])), float(rng.normal(0, _GLANCE_SD[1]))),
        )
        for t in _times(scene.seconds, _GLANCE_PAUSE_S, rng)
    )
    swallows = tuple(
        Swallow(t, length, float(rng.uniform(*_SWALLOW_LIFT)))
        for t in _times(scene.seconds, _SWALLOW_PAUSE_S, rng)
        if free(t, t + (length := float(rng.uniform(*_SWALLOW_S))))
    )
    return Script(
        scene.seconds,
        scene.fps,
        movements=tuple(movements),
        longer=tuple(longer),
        blinks=blinks,
        speech=speech,
        glances=glances,
        swallows=swallows,
        sway=float(rng.uniform(*_SWAY)) * inter_ocular,
        roll=float(rng.uniform(*_ROLL)),
        turn=float(rng.uniform(*_TURN)),
        flicker=scene.setting.flicker,
        seed=int(rng.integers(2**31)),
    )


def _times(seconds: float, pause: float, rng: np.random.Generator) -> list[float]:
    """Moments by chance, ``pause`` seconds apart on average and at least 0.6."""
    times = [float(rng.uniform(0.3, pause))]
    while times[-1] < seconds:
        times.append(times[-1] + 0.6 + float(rng.exponential(pause - 0.6)))
    return times[:-1]
