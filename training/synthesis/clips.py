"""Labelled training clips: key frames of one movement, filmed synthetically and read by the product's own code."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from model.crop import CROP_SIZE, INTER_OCULAR_PX, Transform, crop_transform, grey_crop
from model.face import FaceTracker
from model.flow import FlowEstimator
from model.frame import Frame, Image
from model.key_frames import mean_crop
from model.labels import ACTION_UNITS, EMOTIONS
from model.muscles import SIDES, Muscles
from model.representation import MAP_SIZE, KeyCrops, Representation, represent
from training.synthesis.anatomy import ANATOMY_NAMES, draw_anatomy
from training.synthesis.camera import Camera, Light
from training.synthesis.chance import log_uniform
from training.synthesis.codec import through_h264
from training.synthesis.distractions import Distraction, draw_distraction
from training.synthesis.exposures import Exposure, mean_exposures, single_exposures
from training.synthesis.expressions import Strengths, sample_expression
from training.synthesis.habits import LIP_PUCKER
from training.synthesis.portrait import FaceState, Portrait
from training.synthesis.timecourse import KeyTimes, draw_key_times

# Shares of the classes, in the order of `EMOTIONS`: `none` has many faces.
CLASS_SHARES: Final = (0.30, 0.20, 0.18, 0.32)
# The picture reaches this many inter-ocular distances around the face's middle.
_VIEW_REACH: Final = 1.6
# An AU counts as present from this share of the strongest one on; what lies below is the face's own restlessness.
_AU_PRESENT: Final = 0.3
# The mesh is looked for in a picture of this side: it sees the face at 192 px anyway.
_MESH_SIDE: Final = 256
_FIRST_LOOKS: Final = 2


@dataclass(frozen=True, slots=True)
class Conditions:
    """Ranges from which a clip's conditions are drawn, evenly on a logarithmic scale where it is a (low, high) pair.

    Attributes:
        peaks: Largest displacement, fractions of the inter-ocular distance.
        face_sizes: Pixels between the eyes on the camera's picture.
        frame_rates: Frames per second.
        crf: H.264 rate factors.
        h264: Share of clips that went through H.264.
        jpeg: Share of the other clips that were compressed as JPEG by the camera.
        drops: Chance for each key frame that the camera dropped it.
        noise: Standard deviations of the sensor's noise, grey levels.
        gains: Brightnesses of the light: a dark room's 0.4, a lit one's 1.
        averaged: Share of clips whose key frames are means of several frames, as the pipeline makes them.
        anatomies: Whose ideas of how skin moves, of `ANATOMY_NAMES`.
    """

    peaks: tuple[float, float] = (0.005, 0.035)
    face_sizes: tuple[float, float] = (40.0, 160.0)
    frame_rates: tuple[float, float] = (15.0, 200.0)
    crf: tuple[int, int] = (18, 32)
    h264: float = 0.25
    jpeg: float = 0.4
    drops: float = 0.08
    noise: tuple[float, float] = (0.5, 7.0)
    gains: tuple[float, float] = (0.4, 1.2)
    averaged: float = 1.0
    anatomies: tuple[str, ...] = ANATOMY_NAMES


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """One training example with its exact truth.

    Attributes:
        representation: The network's input.
        emotion: Index into `EMOTIONS`.
        action_units: ``float32 [15]``, 1 where the AU is at work.
        strengths: ``float32 [15, 2]`` peak displacement of each AU on the picture's left and right, fractions of the
            inter-ocular distance.
        peak: Largest displacement of a muscle, fraction of the inter-ocular distance; 0 for ``none``.
        times: ``float32 [3]`` true onset, apex and offset in seconds from the filmed onset frame; 0 for ``none``.
        displacement: ``float16 [64, 64, 2]`` true motion of the skin by the muscles from onset to apex frame, in
            the crop's place, in percent of the inter-ocular distance.
    """

    representation: Representation
    emotion: int
    action_units: npt.NDArray[np.float32]
    strengths: npt.NDArray[np.float32]
    peak: float
    times: npt.NDArray[np.float32]
    displacement: npt.NDArray[np.float16]


def draw_class(rng: np.random.Generator) -> str:
    """A class by its share."""
    return EMOTIONS[int(rng.choice(len(EMOTIONS), p=CLASS_SHARES))]


def strength_table(strengths: Strengths) -> npt.NDArray[np.float32]:
    """Peak displacements as ``float32 [15, 2]``, picture left and right; muscles without an output are left out."""
    table = np.zeros((len(ACTION_UNITS), len(SIDES)), dtype=np.float32)
    for (au, side), strength in strengths.items():
        if au in ACTION_UNITS:
            table[ACTION_UNITS.index(au), SIDES.index(side)] = strength
    return table


def present_action_units(table: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Which AUs are at work, ``float32 [15]``, of a `strength_table`."""
    strongest = table.max(axis=1)
    return np.asarray((strongest > 0) & (strongest >= _AU_PRESENT * strongest.max()), dtype=np.float32)


class ClipCamera:
    """Films clips of one person after another; holds the product's flow and face mesh.

    Args:
        conditions: What the clips' conditions are drawn from.
    """

    def __init__(self, conditions: Conditions | None = None) -> None:
        self.conditions = conditions or Conditions()
        self._flow = FlowEstimator()
        self._mesh = FaceTracker(max_faces=1)

    def close(self) -> None:
        self._mesh.close()

    def film(self, portrait: Portrait, rng: np.random.Generator) -> LabelledClip:
        """Films one movement and passes it through alignment, flow and representation.

        Args:
            portrait: The person's looks; muscles are drawn anew for each clip.
            rng: Source of chance; the same state gives the same clip.
        """
        take = self.shoot(portrait, draw_anatomy(self.conditions.anatomies, rng), rng)
        crops = [grey_crop(p, take.transform) for p in take.pictures]
        table = strength_table(take.strengths)
        times = take.scene.times.truth if take.strengths else (0.0, 0.0, 0.0)
        return LabelledClip(
            represent(KeyCrops(*crops), self._flow),
            EMOTIONS.index(take.emotion),
            present_action_units(table),
            table,
            take.peak,
            np.array(times, dtype=np.float32),
            _true_displacement(take.scene, take.transform),
        )

    def shoot(self, portrait: Portrait, muscles: Muscles, rng: np.random.Generator) -> Take:
        """Films one movement of a person with these muscles; the pictures are looked at for the face's place only."""
        emotion = draw_class(rng)
        peak = log_uniform(self.conditions.peaks, rng)
        strengths = sample_expression(emotion, peak, rng) if emotion != "none" else {}
        scene = self._scene(portrait.with_muscles(muscles, folds=rng.uniform(0.0, 0.6)), strengths, rng)
        pictures = self._pictures(scene, rng)
        return Take(emotion, peak if strengths else 0.0, strengths, pictures, self._align(pictures[1], scene), scene)

    def _scene(self, actor: Portrait, strengths: Strengths, rng: np.random.Generator) -> Scene:
        fps = log_uniform(self.conditions.frame_rates, rng)
        size = log_uniform(self.conditions.face_sizes, rng)
        side = round(2 * _VIEW_REACH * size)
        crf = int(rng.integers(self.conditions.crf[0], self.conditions.crf[1] + 1))
        compressed = rng.random() < self.conditions.h264
        times = draw_key_times(fps, rng, self.conditions.drops)
        averaged = rng.random() < self.conditions.averaged
        return Scene(
            actor,
            strengths,
            times,
            mean_exposures(times.frames, fps) if averaged else single_exposures(times.frames),
            # Muscles neither start nor let go together, and skin never comes quite back.
            {key: float(rng.normal(0.0, 0.012)) for key in strengths},
            {key: float(rng.uniform(0.0, 0.45) ** 1.5) for key in strengths},
            draw_distraction(bool(strengths), times.frames, rng),
            Camera(
                noise=rng.uniform(*self.conditions.noise),
                blur=rng.uniform(0.0, 1.0),
                quality=int(rng.integers(50, 96)) if not compressed and rng.random() < self.conditions.jpeg else None,
            ),
            Light(rng.uniform(*self.conditions.gains), (rng.normal(0.0, 0.2), rng.normal(0.0, 0.1))),
            crf if compressed else None,
            fps,
            _camera_view(actor, size, side, rng),
            size,
            side,
        )

    def _pictures(self, scene: Scene, rng: np.random.Generator) -> list[Image]:
        """The four pictures before, onset, apex, offset, each the mean of what the camera's file shows of it."""
        counts = [len(exposure.times) for exposure in scene.exposures]
        if scene.crf is None:
            return _means([scene.shoot(e, time, rng) for e in scene.exposures for time in e.times], counts)
        # A codec predicts a picture from the one before: it needs a frame between the key frames as well.
        sequence: list[Image] = []
        keys: list[int] = []
        for before, exposure in zip((None, *scene.exposures), scene.exposures, strict=False):
            if before is not None:
                sequence.append(scene.shoot(exposure, (before.times[-1] + exposure.times[0]) / 2, rng))
            keys += range(len(sequence), len(sequence) + len(exposure.times))
            sequence += [scene.shoot(exposure, time, rng) for time in exposure.times]
        received = list(through_h264(sequence, scene.fps, scene.crf))
        pictures = _means([received[i] for i in keys], counts)
        # A codec may leave a weak movement out altogether; then there is nothing to learn from its pictures.
        lost = np.array_equal(pictures[1], pictures[2])
        return _means([sequence[i] for i in keys], counts) if lost else pictures

    def _align(self, picture: Image, scene: Scene) -> Transform:
        """The crop's transform by the product's mesh; by the true landmarks where the mesh finds no face."""
        scale = _MESH_SIDE / scene.side
        small = cv2.resize(picture, (_MESH_SIDE, _MESH_SIDE), interpolation=cv2.INTER_LINEAR)
        # An empty picture first, so that nothing of the clip before is remembered: a clip depends on its seed alone.
        self._mesh.track(Frame(0, 0.0, np.zeros_like(small)))
        faces = []
        for look in range(_FIRST_LOOKS):
            faces = self._mesh.track(Frame(look, look / 30, np.asarray(small, dtype=np.uint8)))
        inverse = cv2.invertAffineTransform(scene.view)
        points = scene.actor.landmarks @ inverse[:, :2].T + inverse[:, 2]
        if faces:
            points = (faces[0].landmarks + 0.5) / scale - 0.5
        return crop_transform(np.asarray(points, dtype=np.float32))


@dataclass(frozen=True, slots=True)
class Take:
    """One movement on film.

    Attributes:
        emotion: Its class.
        peak: Largest displacement of a muscle, fraction of the inter-ocular distance; 0 for ``none``.
        strengths: Its muscles.
        pictures: The pictures before, onset, apex, offset, ``uint8 [side, side, 3]``.
        transform: From picture to crop pixels, as the product's mesh gives it on the onset picture.
        scene: What was filmed.
    """

    emotion: str
    peak: float
    strengths: Strengths
    pictures: list[Image]
    transform: Transform
    scene: Scene


@dataclass(frozen=True, slots=True)
class Scene:
    """One clip before it is filmed: who does what, before which camera, in what light."""

    actor: Portrait
    strengths: Strengths
    times: KeyTimes
    exposures: list[Exposure]
    delays: dict[tuple[int, int], float]
    remains: dict[tuple[int, int], float]
    aside: Distraction
    camera: Camera
    light: Light
    crf: int | None
    fps: float
    view: npt.NDArray[np.float64]
    size: float
    side: int

    def muscles(self, time: float) -> Strengths:
        """The expression alone at a moment (seconds)."""
        return {
            key: peak * self.times.course.strength(time - self.delays[key], remains=self.remains[key])
            for key, peak in self.strengths.items()
        }

    def shoot(self, exposure: Exposure, time: float, rng: np.random.Generator) -> Image:
        """One picture of an exposure, taken at ``time`` (seconds)."""
        at = self.aside.at(self.times.moment(time))
        muscles = self.muscles(time)
        # AU25 is drawn as parting lips instead of a skin field.
        jaw = sum(muscles.pop((25, side), 0.0) for side in SIDES) / 2
        for side in SIDES:
            if at["lips"]:
                muscles[LIP_PUCKER, side] = muscles.get((LIP_PUCKER, side), 0.0) + float(at["lips"])
        closure = float(np.clip(at["closure"], 0.0, 1.0))
        state = FaceState(
            muscles,
            (closure, closure),
            float(jaw + at["jaw"]),
            (float(at["gaze"][0]), float(at["gaze"][1])),
            (float(at["turn"][0]), float(at["turn"][1])),
            float(at["swallowing"]),
        )
        picture = self.actor.render(state, self._moved_view(at), (self.side, self.side))
        light = Light(
            self.light.gain * float(1 + at["gain"]),
            (self.light.gradient[0] + float(at["gradient"][0]), self.light.gradient[1] + float(at["gradient"][1])),
        )
        camera = replace(self.camera, noise=exposure.noise * self.camera.noise)
        return camera.expose(picture, rng, light, defocus=float(at["defocus"]) * self.size)

    def _moved_view(self, at: dict[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
        """The camera's view after the head's shift, roll and approach at this moment."""
        angle, zoom = np.deg2rad(float(at["roll"])), 1.0 + float(at["zoom"])
        linear = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / zoom
        centre = np.array([self.side / 2, self.side / 2])
        offset = centre - linear @ centre + at["shift"] * self.size
        return np.column_stack([self.view[:, :2] @ linear, self.view[:, :2] @ offset + self.view[:, 2]])


def _camera_view(actor: Portrait, size: float, side: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """From picture pixels to portrait pixels, for a face ``size`` px between the eyes in the middle of the picture."""
    angle = np.deg2rad(rng.normal(0.0, 4.0))
    zoom = actor.inter_ocular / size
    linear = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = actor.landmarks.mean(axis=0).astype(np.float64)
    return np.column_stack([linear, middle - linear @ np.array([side / 2, side / 2])])


def _means(pictures: Sequence[Image], counts: Sequence[int]) -> list[Image]:
    """The mean of the first so many pictures, of the next so many, and so on."""
    remaining = iter(pictures)
    return [mean_crop(list(itertools.islice(remaining, count))) for count in counts]


def _true_displacement(scene: Scene, transform: Transform) -> npt.NDArray[np.float16]:
    crop_to_picture = cv2.invertAffineTransform(transform)
    # Middles of the map's pixels in the crop: every second pixel, half a pixel off.
    step = CROP_SIZE / MAP_SIZE
    grid = np.array([[step, 0, (step - 1) / 2], [0, step, (step - 1) / 2], [0, 0, 1]], dtype=np.float64)
    to_portrait = np.vstack([scene.view, [0, 0, 1]]) @ np.vstack([crop_to_picture, [0, 0, 1]]) @ grid
    view, size = np.asarray(to_portrait[:2]), (MAP_SIZE, MAP_SIZE)
    onset, apex = (
        scene.actor.displacement_in(FaceState(scene.muscles(float(time))), view, size)
        for time in scene.times.frames[1:3]
    )
    return np.asarray((apex - onset) * (100.0 * step / INTER_OCULAR_PX), dtype=np.float16)
