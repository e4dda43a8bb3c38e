"""From the pictures of a database's clip to the network's input, by the product's own alignment, flow and maps."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from model.crop import crop_transform, grey_crop
from model.errors import FleetingError
from model.face import Face, largest_face
from model.flow import FlowEstimator
from model.frame import Frame, Image
from model.motion import MotionMeter
from model.regions import GROUPS, REGIONS
from model.representation import Grey, KeyCrops, represent
from model.timing import measure_curve
from training.databases.clip import Clip

SEQUENCE_LENGTH: Final = 16
"""Pictures of a clip's aligned sequence, evenly spaced from onset to offset."""
# Cut-out faces fill their pictures, and the mesh wants some room around a face: borders that are tried, as shares of
# the picture's sides. Pictures smaller than so many pixels are enlarged first.
_BORDERS: Final = (0.0, 0.3, 0.6)
_SMALLEST_SIDE: Final = 240
# Lids do not say where the apex is: blinks and glances move them.
_TELLING: Final = np.array([i for i in range(len(REGIONS)) if i not in GROUPS["eyelids"]])


class ClipError(FleetingError):
    """A clip's pictures cannot be used."""


@dataclass(frozen=True, slots=True)
class PreparedClip:
    """What methods see of a clip.

    Attributes:
        maps: ``float16 [3, 4, 64, 64]`` as in `model.representation.Representation`.
        present: ``float32 [3]``.
        sequence: ``uint8 [16, 128, 128]`` aligned grey crops from onset to offset.
        apex: Number of the apex frame, as annotated or spotted.
        spotted: Whether it was spotted.
    """

    maps: npt.NDArray[np.float16]
    present: npt.NDArray[np.float32]
    sequence: npt.NDArray[np.uint8]
    apex: int
    spotted: bool


def prepare_clip(clip: Clip, estimator: FlowEstimator) -> PreparedClip:
    """Prepares one clip.

    All pictures are cut with the transform of the onset's face, as the pipeline does within a movement. The pictures
    end at the onset, so the onset's own flow, which shows the resting face, is empty.

    Args:
        clip: The clip.
        estimator: The optical flow.

    Raises:
        ClipError: If a picture cannot be read or no face is found.
    """
    first = read_picture(_nearest(clip, clip.onset))
    face = find_face(first)
    if face is None:
        raise ClipError(f"no face was found in {_nearest(clip, clip.onset)}")
    transform = crop_transform(face.landmarks)
    apex = clip.apex if clip.apex is not None else spot_apex(clip, first, face)

    @functools.cache
    def cut(path: Path) -> Grey:
        return grey_crop(read_picture(path), transform)

    onset, peak, offset = (cut(_nearest(clip, number)) for number in (clip.onset, apex, clip.offset))
    shown = represent(KeyCrops(None, onset, peak, offset), estimator)
    sequence = [cut(_nearest(clip, number)) for number in np.linspace(clip.onset, clip.offset, SEQUENCE_LENGTH)]
    return PreparedClip(shown.maps.astype(np.float16), shown.present, np.stack(sequence), apex, clip.apex is None)


def spot_apex(clip: Clip, onset: Image, face: Face) -> int:
    """The frame between onset and offset in which the face has moved furthest, by the product's own measurement.

    Args:
        clip: The clip.
        onset: Its picture at the onset.
        face: The face in it.
    """
    meter = MotionMeter()
    start = meter.measure(Frame(clip.onset, 0.0, onset), face, None)
    times, frames, places = [0.0], [clip.onset], [start.displacement]
    for number, path in zip(clip.numbers, clip.frames, strict=True):
        if number <= clip.onset:
            continue
        time = (number - clip.onset) / clip.fps
        picture = read_picture(path)
        look = meter.look(Frame(number, time, picture))
        if look is not None and picture.shape == onset.shape:
            times.append(time)
            frames.append(number)
            places.append(look.skin)
    if len(times) < 3:  # nothing lies between onset and offset
        return int((clip.onset + clip.offset) // 2)
    seconds, moved = np.array(times), np.stack(places)
    share = (seconds / seconds[-1])[:, None, None]
    # What is not undone by the offset is drift, not the movement.
    moved = moved - share * moved[-1]
    furthest = np.linalg.norm(moved[:, _TELLING], axis=2).max(axis=1)
    peak = float(seconds[1:-1][furthest[1:-1].argmax()])
    curve = measure_curve(seconds, np.array(frames), moved, _TELLING, float(seconds[0]), peak, float(seconds[-1]))
    return curve.apex_frame


def read_picture(path: Path) -> Image:
    """A picture of a database.

    Raises:
        ClipError: If it cannot be read.
    """
    picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR) if path.stat().st_size else None
    if picture is None:
        raise ClipError(f"{path} cannot be read as a picture")
    return np.asarray(picture, dtype=np.uint8)


def find_face(picture: Image) -> Face | None:
    """The largest face of a picture, also where it fills the picture or the picture is small."""
    height, width = picture.shape[:2]
    zoom = max(1.0, _SMALLEST_SIDE / min(height, width))
    for border in _BORDERS:
        top, side = round(border * height), round(border * width)
        wide = cv2.copyMakeBorder(picture, top, top, side, side, cv2.BORDER_REPLICATE)
        if zoom > 1.0:
            wide = cv2.resize(wide, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
        face = largest_face(np.asarray(wide, dtype=np.uint8))
        if face is not None:
            # Enlarging moves pixels' middles, too.
            landmarks = (face.landmarks + 0.5) / zoom - 0.5 - np.array([side, top], dtype=np.float32)
            return Face(face.track, landmarks.astype(np.float32), face.depth / zoom, face.confidence)
    return None


def _nearest(clip: Clip, number: float) -> Path:
    """The picture of that number, or the nearest that exists."""
    return clip.frames[int(np.abs(np.array(clip.numbers) - number).argmin())]


def stacked(clips: Sequence[PreparedClip]) -> tuple[npt.NDArray[np.float16], npt.NDArray[np.float32], Grey]:
    """Maps, presence and sequences of clips as arrays; at least one clip."""
    return (
        np.stack([clip.maps for clip in clips]),
        np.stack([clip.present for clip in clips]),
        np.stack([clip.sequence for clip in clips]),
    )
