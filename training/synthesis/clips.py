"""Labelled training clips: key crops of one movement, filmed synthetically and cut by the product's own code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from model.crop import CROP_SIZE, INTER_OCULAR_PX, apply_transform, crop_transform, warp_to_crop
from model.flow import FlowEstimator
from model.labels import ACTION_UNITS, EMOTIONS
from model.representation import (
    CHANNELS,
    KEY_FRAMES,
    MAP_SIZE,
    KeyCrops,
    Representation,
    motion_maps,
    represent,
)
from training.synthesis.camera import Camera
from training.synthesis.expressions import Strengths, sample_expression
from training.synthesis.muscles import SIDES, FaceAxes, Muscles, muscle_field, vary
from training.synthesis.portrait import FaceState, Portrait

# Shares of the classes, in the order of `EMOTIONS`: `none` has many faces.
CLASS_SHARES: Final = (0.32, 0.22, 0.20, 0.26)
# Peak displacements, fractions of the inter-ocular distance, drawn evenly on a logarithmic scale.
_PEAKS: Final = (0.006, 0.035)
# Inter-ocular distances on the camera's picture, pixels, likewise.
_FACE_SIZES: Final = (36.0, 150.0)
# The picture reaches this many inter-ocular distances around the face's middle.
_VIEW_REACH: Final = 1.6
# An AU counts as present from this displacement on (fraction of the inter-ocular distance).
_AU_PRESENT: Final = 0.003


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """One training example.

    Attributes:
        representation: The network's input.
        emotion: Index into `EMOTIONS`.
        action_units: ``float32 [15]``, 1 where the AU is at work.
        peak: Largest true displacement, fraction of the inter-ocular distance; 0 for ``none``.
    """

    representation: Representation
    emotion: int
    action_units: npt.NDArray[np.float32]
    peak: float


def draw_class(rng: np.random.Generator) -> str:
    """A class by its share."""
    return EMOTIONS[int(rng.choice(len(EMOTIONS), p=CLASS_SHARES))]


def _log_uniform(bounds: tuple[float, float], rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(*np.log(bounds))))


def _labels(strengths: Strengths, jaw: float) -> npt.NDArray[np.float32]:
    labels = np.zeros(len(ACTION_UNITS), dtype=np.float32)
    for (au, _), strength in strengths.items():
        if strength >= _AU_PRESENT and au in ACTION_UNITS:
            labels[ACTION_UNITS.index(au)] = 1.0
    if jaw >= _AU_PRESENT:
        labels[ACTION_UNITS.index(25)] = 1.0
    return labels


@dataclass(frozen=True, slots=True)
class _Distraction:
    """What moves besides the expression, as shares of the four moments before, onset, apex, offset."""

    closure: npt.NDArray[np.float64]
    jaw: npt.NDArray[np.float64]
    lips: npt.NDArray[np.float64]
    sway: float


def _distraction(emotion: str, rng: np.random.Generator) -> _Distraction:
    closure, jaw, lips = np.zeros(4), np.zeros(4), np.zeros(4)
    sway = float(np.abs(rng.normal(0.0, 0.012)))
    kind = rng.choice(["blink", "speech", "head", "rest"], p=[0.3, 0.35, 0.2, 0.15]) if emotion == "none" else "rest"
    if kind == "blink" or (emotion != "none" and rng.random() < 0.06):
        # The spotter may catch a blink anywhere in its course.
        closure[1:] = (rng.uniform(0, 0.2), rng.uniform(0.3, 1.0), rng.uniform(0, 0.3))
    if kind == "speech":
        jaw = rng.uniform(0.0, 0.06, 4) * rng.integers(0, 2, 4)
        jaw[2] = max(jaw[2], 0.01)
        lips = rng.uniform(0.0, 0.02, 4) * rng.integers(0, 2)
    if kind == "head":
        sway = rng.uniform(0.03, 0.12)
    return _Distraction(closure, jaw, lips, sway)


def film_clip(portrait: Portrait, muscles: Muscles, estimator: FlowEstimator, rng: np.random.Generator) -> LabelledClip:
    """Films one movement of ``portrait`` and passes it through alignment, flow and representation.

    Args:
        portrait: The person; its landmarks stand for what the mesh would find, with jitter added.
        muscles: The muscle table, varied here for each clip.
        estimator: The product's flow.
        rng: Source of chance; the same state gives the same clip.
    """
    emotion = draw_class(rng)
    actor = portrait.with_muscles(vary(muscles, rng))
    peak = _log_uniform(_PEAKS, rng)
    strengths = sample_expression(emotion, peak, rng) if emotion != "none" else {}
    aside = _distraction(emotion, rng)
    # AU25 is drawn as parting lips instead of a skin field.
    jaw_peak = sum(strengths.pop((25, side), 0.0) for side in SIDES)
    courses = _key_strengths(rng)
    camera = Camera(
        noise=rng.uniform(0.5, 6.0),
        blur=rng.uniform(0.0, 1.0),
        quality=int(rng.integers(50, 96)) if rng.random() < 0.5 else None,
    )
    size = _log_uniform(_FACE_SIZES, rng)
    side_px = round(2 * _VIEW_REACH * size)
    base = _camera_view(actor, size, side_px, rng)
    transform = _jittered_transform(actor, base, rng)
    gain = rng.uniform(0.6, 1.15)
    drift = rng.normal(0.0, 0.01, 4)
    crops = []
    for k in range(4):
        # Muscles are even at work, if weakly, in neighbouring moments: `courses` holds the share of the peak.
        state = FaceState(
            {key: value * courses[k] for key, value in strengths.items()}
            | {(18, s): float(aside.lips[k]) for s in SIDES if aside.lips[k] > 0},
            (float(aside.closure[k]), float(aside.closure[k])),
            float(jaw_peak * courses[k] + aside.jaw[k]),
        )
        picture = actor.render(state, _swayed(base, side_px, aside.sway * size, rng), (side_px, side_px))
        image = camera.expose(picture, gain * (1.0 + drift[k]), rng)
        crops.append(np.asarray(cv2.cvtColor(warp_to_crop(image, transform), cv2.COLOR_BGR2GRAY), dtype=np.uint8))
    representation = represent(KeyCrops(*crops), estimator)
    return LabelledClip(
        representation,
        EMOTIONS.index(emotion),
        _labels(strengths, jaw_peak),
        peak if emotion != "none" else 0.0,
    )


def _key_strengths(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Share of the peak before, at onset, apex and offset: spotting is never exact, skin never quite back."""
    return np.array([0.0, rng.uniform(0, 0.15), rng.uniform(0.85, 1.0), rng.uniform(0, 0.4) ** 1.5])


def _camera_view(actor: Portrait, size: float, side_px: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """From picture pixels to portrait pixels, for a face ``size`` px between the eyes in the middle of the picture."""
    angle = np.deg2rad(rng.normal(0.0, 4.0))
    zoom = actor.inter_ocular / size
    linear = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = actor.landmarks.mean(axis=0).astype(np.float64)
    return np.column_stack([linear, middle - linear @ np.array([side_px / 2, side_px / 2])])


def _jittered_transform(
    actor: Portrait, view: npt.NDArray[np.float64], rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """The crop's transform as the mesh would give it on this picture: a little off."""
    inverse = cv2.invertAffineTransform(view)
    transform = crop_transform(apply_transform(np.asarray(inverse, dtype=np.float64), actor.landmarks))
    angle, zoom = rng.normal(0.0, np.deg2rad(1.5)), 1.0 + rng.normal(0.0, 0.03)
    linear = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = np.array([CROP_SIZE / 2, CROP_SIZE / 2])
    shift = rng.normal(0.0, 1.2, 2)
    return np.column_stack([linear @ transform[:, :2], linear @ (transform[:, 2] - centre) + centre + shift])


def _swayed(
    view: npt.NDArray[np.float64], side_px: int, sway_px: float, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """``view`` after a small motion of the head: shift, roll, approach, and the shear of a slight turn."""
    turn = sway_px / max(side_px, 1) * rng.normal(0.0, 0.5, (2, 2))
    linear = np.eye(2) + turn
    shift = rng.normal(0.0, sway_px, 2)
    centre = np.array([side_px / 2, side_px / 2])
    motion = np.column_stack([linear, centre - linear @ centre + shift])
    return np.column_stack([view[:, :2] @ motion[:, :2], view[:, :2] @ motion[:, 2] + view[:, 2]])


def draw_field(axes: FaceAxes, muscles: Muscles, rng: np.random.Generator) -> LabelledClip:
    """A flow-field clip without a picture: the muscles' field in the canonical crop, plus smooth noise.

    Volume at little cost: no texture, no camera, but unlimited anatomy. The facial image stays empty.

    Args:
        axes: Face coordinates of a face in the crop.
        muscles: The muscle table, varied here.
        rng: Source of chance.
    """
    emotion = draw_class(rng)
    anatomy = vary(muscles, rng)
    peak = _log_uniform(_PEAKS, rng)
    strengths = sample_expression(emotion, peak, rng) if emotion != "none" else {}
    step = CROP_SIZE // MAP_SIZE
    pixels = np.arange(MAP_SIZE) * step + (step - 1) / 2
    x, y = pixels[None, :], pixels[:, None]
    motion = np.zeros((MAP_SIZE, MAP_SIZE, 2), dtype=np.float32)
    for (au, side), strength in strengths.items():
        motion += np.float32(strength * INTER_OCULAR_PX) * muscle_field(anatomy[au], side, axes, x, y)
    if emotion == "none" and rng.random() < 0.5:
        # The jaw of a speaking mouth; lids of a blink are left to filmed clips.
        for side in SIDES:
            motion += np.float32(rng.uniform(0.005, 0.03) * INTER_OCULAR_PX) * muscle_field(
                anatomy[25], side, axes, x, y
            )
            lips = rng.uniform(-0.01, 0.02) * INTER_OCULAR_PX
            motion += np.float32(lips) * muscle_field(anatomy[18], side, axes, x, y)
    shares = _key_strengths(rng)
    maps = np.zeros((len(KEY_FRAMES), len(CHANNELS), MAP_SIZE, MAP_SIZE), dtype=np.float32)
    noise_px = rng.uniform(0.01, 0.06)
    for k in range(len(KEY_FRAMES)):
        field = np.asarray(
            motion * np.float32(shares[k + 1] - shares[k]) + _smooth_noise(noise_px, rng), dtype=np.float32
        )
        maps[k, 1:] = motion_maps(field)
    return LabelledClip(
        Representation(maps, np.ones(len(KEY_FRAMES), np.float32)),
        EMOTIONS.index(emotion),
        _labels(strengths, 0.0),
        peak if emotion != "none" else 0.0,
    )


def _smooth_noise(level_px: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    coarse = rng.standard_normal((8, 8, 2), dtype=np.float32)
    fine = rng.standard_normal((20, 20, 2), dtype=np.float32)
    return np.asarray(
        level_px * (cv2.resize(coarse, (MAP_SIZE, MAP_SIZE)) + 0.7 * cv2.resize(fine, (MAP_SIZE, MAP_SIZE))),
        dtype=np.float32,
    )
