"""Flow-field clips: the muscles' motion straight in the canonical crop, without a picture or a camera."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from model.crop import CROP_SIZE, INTER_OCULAR_PX
from model.labels import EMOTIONS
from model.muscles import SIDES, FaceAxes, Muscles, Pull, muscle_field
from model.representation import CHANNELS, KEY_FRAMES, MAP_SIZE, Representation, motion_maps
from training.synthesis.anatomy import draw_anatomy
from training.synthesis.chance import log_uniform
from training.synthesis.clips import (
    Conditions,
    LabelledClip,
    draw_class,
    present_action_units,
    strength_table,
)
from training.synthesis.expressions import sample_expression
from training.synthesis.habits import LIP_PUCKER
from training.synthesis.timecourse import draw_key_times

# Face coordinates of the average face in the crop, measured with the mesh on neutral portraits.
_AXES: Final = FaceAxes(
    np.array([64.0, 14.9]), np.array([1.0, 0.0]), np.array([0.0, 1.0]), half_width=48.7, height=105.0
)
# People differ: sd of the face's place in the crop (pixels), and of its width and height (shares).
_PLACE_SD: Final = 2.0
_PROPORTION_SD: Final = 0.06
# Error of a flow on skin, pixels of the crop; relaxation is measured worse, since the skin looks different.
_NOISE_PX: Final = (0.005, 0.12)
_RELAXATION_NOISE: Final = 1.4
# What is left of the head's motion after the fit: pixels at the crop's edge.
_HEAD_REST_PX: Final = (0.005, 0.1)
# Movements of the eyes and the mouth that are no expression, as pulls of skin: (pull, peak in crop pixels).
_ASIDES: Final = (
    ("gaze", (Pull(0.45, 0.175, 1.0, 0.0, 0.07, 0.025, 1.0),), 1.5),
    ("jaw", (Pull(0.0, 0.80, 0.0, 1.0, 0.5, 0.18, 1.0),), 2.0),
    ("swallow", (Pull(0.0, 1.12, 0.0, -1.0, 0.3, 0.13, 1.0),), 2.0),
)


def draw_field(rng: np.random.Generator, conditions: Conditions | None = None) -> LabelledClip:
    """Draws one clip: unlimited anatomy at little cost, but no texture. The facial image stays empty.

    Args:
        rng: Source of chance; the same state gives the same clip.
        conditions: Where the peak and the anatomy are drawn from.
    """
    conditions = conditions or Conditions()
    emotion = draw_class(rng)
    axes = _person(rng)
    anatomy = draw_anatomy(conditions.anatomies, rng)
    peak = log_uniform(conditions.peaks, rng)
    strengths = sample_expression(emotion, peak, rng) if emotion != "none" else {}
    step = CROP_SIZE // MAP_SIZE
    pixels = np.arange(MAP_SIZE) * step + (step - 1) / 2
    x, y = pixels[None, :], pixels[:, None]
    times = draw_key_times(log_uniform(conditions.frame_rates, rng), rng, conditions.drops)
    moments = [np.zeros((MAP_SIZE, MAP_SIZE, 2), dtype=np.float32) for _ in range(4)]
    for key, strength in strengths.items():
        unit = muscle_field(anatomy[key[0]], key[1], axes, x, y)
        delay, remains = rng.normal(0.0, 0.012), rng.uniform(0.0, 0.45) ** 1.5
        for moment, time in zip(moments, times.frames, strict=True):
            share = times.course.strength(float(time) - delay, remains=remains)
            moment += np.float32(strength * share * INTER_OCULAR_PX) * unit
    truth = moments[2] - moments[1]
    if emotion == "none":
        _add_asides(moments, anatomy, axes, x, y, rng)
    noise = log_uniform(_NOISE_PX, rng)
    scale = rng.uniform(0.5, 1.5) * noise
    head = log_uniform(_HEAD_REST_PX, rng)
    maps = np.zeros((len(KEY_FRAMES), len(CHANNELS), MAP_SIZE, MAP_SIZE), dtype=np.float32)
    for k in range(len(KEY_FRAMES)):
        level = scale * (_RELAXATION_NOISE if k == 2 else 1.0)
        field = moments[k + 1] - moments[k] + _smooth_noise(level, rng) + _head_rest(head, rng)
        maps[k, 1:] = motion_maps(np.asarray(field, dtype=np.float32))
    table = strength_table(strengths)
    return LabelledClip(
        Representation(maps, np.ones(len(KEY_FRAMES), np.float32)),
        EMOTIONS.index(emotion),
        present_action_units(table),
        table,
        peak if strengths else 0.0,
        np.array(times.truth if strengths else (0.0, 0.0, 0.0), dtype=np.float32),
        np.asarray(truth * (100.0 / INTER_OCULAR_PX), dtype=np.float16),
    )


def _person(rng: np.random.Generator) -> FaceAxes:
    wide, tall = 1.0 + rng.normal(0.0, _PROPORTION_SD, 2)
    return FaceAxes(
        _AXES.origin + rng.normal(0.0, _PLACE_SD, 2),
        _AXES.across,
        _AXES.down,
        _AXES.half_width * wide,
        _AXES.height * tall,
    )


def _add_asides(
    moments: list[npt.NDArray[np.float32]],
    anatomy: Muscles,
    axes: FaceAxes,
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    rng: np.random.Generator,
) -> None:
    """What moves in a clip without expression: nothing, eyes, mouth or throat."""
    for _, pulls, largest in _ASIDES:
        if rng.random() < 0.35:
            courses = rng.uniform(-1.0, 1.0, 4) * largest * rng.uniform(0.1, 1.0)
            for side in SIDES:
                # Both eyes look the same way; a pull's own direction is mirrored for the other half.
                same_way = 1.0 if pulls[0].dx == 0.0 else float(side)
                unit = muscle_field(pulls, side, axes, x, y) * np.float32(same_way)
                for moment, share in zip(moments, courses, strict=True):
                    moment += np.float32(share) * unit
    if rng.random() < 0.3:
        lips = rng.uniform(-0.01, 0.025, 4) * INTER_OCULAR_PX
        for side in SIDES:
            unit = muscle_field(anatomy[LIP_PUCKER], side, axes, x, y)
            for moment, share in zip(moments, lips, strict=True):
                moment += np.float32(share) * unit


def _head_rest(size_px: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """A smooth rest of head motion: slopes and bends across the crop that no similarity takes away."""
    axis = np.linspace(-1.0, 1.0, MAP_SIZE, dtype=np.float32)
    across, down = axis[None, :], axis[:, None]
    shapes = (across + 0 * down, down + 0 * across, across**2 + 0 * down, down**2 + 0 * across, across * down)
    weights = rng.normal(0.0, size_px, (len(shapes), 2)).astype(np.float32)
    return np.asarray(sum(shape[..., None] * w for shape, w in zip(shapes, weights, strict=True)), dtype=np.float32)


def _smooth_noise(level_px: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Errors of a flow: correlated over a few pixels, larger where the skin has no texture."""
    coarse = rng.standard_normal((8, 8, 2), dtype=np.float32)
    fine = rng.standard_normal((20, 20, 2), dtype=np.float32)
    where = np.exp(0.5 * cv2.resize(rng.standard_normal((6, 6), dtype=np.float32), (MAP_SIZE, MAP_SIZE)))
    noise = cv2.resize(coarse, (MAP_SIZE, MAP_SIZE)) + 0.7 * cv2.resize(fine, (MAP_SIZE, MAP_SIZE))
    return np.asarray(level_px * where[..., None] * noise, dtype=np.float32)
