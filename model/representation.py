"""Key frames to the network's input: the same function for live use, recordings and training."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from model.crop import CROP_SIZE, INTER_OCULAR_PX, face_radius
from model.flow import Field, FlowEstimator, optical_strain, rigid_motion, without_rigid

MAP_SIZE: Final = 64
KEY_FRAMES: Final = ("onset", "apex", "offset")
CHANNELS: Final = ("luminance", "flow u", "flow v", "optical strain")

Grey = npt.NDArray[np.uint8]

FACE_MASK: Final = np.clip((1.05 - face_radius(MAP_SIZE)) / 0.1, 0.0, 1.0)
"""Soft oval ``float32 [64, 64]`` around the face: the background's flow is no facial motion."""


@dataclass(frozen=True, slots=True)
class KeyCrops:
    """Grey canonical crops ``uint8 [128, 128]`` of one movement, all cut with one transform.

    Attributes:
        before: One spacing (onset to apex) before the onset: the resting face and its noise. None if not filmed.
        onset: Last frame before the movement.
        apex: Frame of the largest displacement.
        offset: First frame after the movement. None while the movement still runs.
    """

    before: Grey | None
    onset: Grey
    apex: Grey
    offset: Grey | None


@dataclass(frozen=True, slots=True)
class Representation:
    """Input of the network for one movement.

    Attributes:
        maps: ``float32 [3, 4, 64, 64]``: per key frame facial luminance (0-1), flow u and v in percent of the
            inter-ocular distance, optical strain in percent. A flow that could not be measured is zero.
        present: ``float32 [3]``: 1 where the key frame exists, 0 where it must be masked out.
    """

    maps: npt.NDArray[np.float32]
    present: npt.NDArray[np.float32]


def represent(crops: KeyCrops, estimator: FlowEstimator, workers: Executor | None = None) -> Representation:
    """Builds the network's input from key frames.

    The flow of a key frame runs from the key frame before it, and the head's motion is taken out of it.

    Args:
        crops: The key frames.
        estimator: The optical flow.
        workers: Threads that measure the flows side by side; by default one is measured after the other.
    """
    maps = np.zeros((len(KEY_FRAMES), len(CHANNELS), MAP_SIZE, MAP_SIZE), dtype=np.float32)
    present = np.ones(len(KEY_FRAMES), dtype=np.float32)
    measured: list[tuple[int, Grey, Grey]] = []
    previous = crops.before
    for k, crop in enumerate((crops.onset, crops.apex, crops.offset)):
        if crop is None:
            present[k] = 0.0
            continue
        maps[k, 0] = cv2.resize(crop, (MAP_SIZE, MAP_SIZE), interpolation=cv2.INTER_AREA) / np.float32(255)
        if previous is not None:
            measured.append((k, previous, crop))
        previous = crop

    def measure(pair: tuple[int, Grey, Grey]) -> None:
        k, before, after = pair
        maps[k, 1:] = motion_maps(skin_motion(before, after, estimator))

    list((workers.map if workers else map)(measure, measured))
    return Representation(maps, present)


def skin_motion(before: Grey, after: Grey, estimator: FlowEstimator) -> Field:
    """Motion of the skin between two crops, head motion removed, ``float32 [128, 128, 2]`` in crop pixels."""
    flow = estimator.between(before, after)
    return without_rigid(flow, rigid_motion(flow))


def motion_maps(motion: Field) -> npt.NDArray[np.float32]:
    """Flow u, flow v and optical strain, ``float32 [3, 64, 64]``, in percent, from a field in crop pixels.

    Args:
        motion: ``float32 [128, 128, 2]`` or already ``[64, 64, 2]``; displacements in pixels of the 128 px crop.
    """
    resized = cv2.resize(motion, (MAP_SIZE, MAP_SIZE), interpolation=cv2.INTER_AREA)
    # Masked after the strain is taken, so that the mask's own edge is no deformation.
    strain = optical_strain(np.asarray(resized * (MAP_SIZE / CROP_SIZE), dtype=np.float32))
    percent = 100.0 / INTER_OCULAR_PX
    maps = np.stack([resized[..., 0] * percent, resized[..., 1] * percent, strain * 100.0])
    return np.asarray(maps * FACE_MASK, dtype=np.float32)
