"""One event as a figure for a paper: key frames with the network's attention, the flow, the weights, the curve."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure

from app.errors import SessionError
from app.session.exports.material import MEANING, Entry, Material
from app.session.files import naming
from app.sources.key_crops import read_key_crops
from app.sources.random_access import FrameReader
from model.amplification import attention_level
from model.crop import INTER_OCULAR_PX, crop_transform, warp_to_crop
from model.face import largest_face
from model.flow import Field, FlowEstimator
from model.frame import Image
from model.labels import EMOTION_COLOURS
from model.recognition import Recogniser, Recognition
from model.regions import GROUPS
from model.representation import FACE_MASK, KEY_FRAMES, represent, skin_motion
from model.whole_file import whole_file

FORMATS: Final = ("png", "svg")
# The curve is drawn this many seconds about the event.
_AROUND_S: Final = 0.7
# Full colour of the flow stands for so many percent of the inter-ocular distance.
_FULL_PERCENT: Final = 3.0
_CURVES: Final = dict(zip(GROUPS, ("#0072B2", "#999999", "#D55E00"), strict=True))
_WHEEL: Final = 96
# The heatmap covers the face by at most so much.
_MOST_COVER: Final = 0.6


@dataclass(frozen=True, slots=True)
class KeyFrames:
    """What the network saw of an event.

    Attributes:
        crops: Onset, apex and offset, ``uint8 [128, 128, 3]`` each.
        motion: Skin motion from onset to apex, ``float32 [128, 128, 2]`` in crop pixels.
        guess: The network's guess with its attention.
    """

    crops: tuple[Image, Image, Image]
    motion: Field
    guess: Recognition


def look_at(material: Material, entry: Entry, reader: FrameReader, recogniser: Recogniser) -> KeyFrames:
    """Fetches an event's key frames and looks at them as the program does, all cut as the onset's face lies.

    Args:
        material: The recording.
        entry: The event, with the times that count.
        reader: Its frames.
        recogniser: The network.

    Raises:
        SessionError: If there is no face at the onset.
        SourceError: If a frame cannot be read.
    """
    analysis = material.analysis
    keys = analysis.frame_at(entry.onset), analysis.frame_at(entry.apex), analysis.frame_at(entry.offset)
    pictures = [reader.frame(index) for index in keys]
    face = largest_face(pictures[0])
    if face is None:
        raise SessionError(
            f"No face is seen in {material.recording.name} at {entry.onset:.2f} s; there is no figure of it."
        )
    transform = crop_transform(face.landmarks)
    onset, apex, offset = (warp_to_crop(picture, transform) for picture in pictures)
    seen = read_key_crops(reader, analysis.times, keys, transform)
    flow = FlowEstimator()
    guess = recogniser.recognise(represent(seen, flow))
    return KeyFrames((onset, apex, offset), skin_motion(seen.onset, seen.apex, flow), guess)


def write_figure(material: Material, entry: Entry, seen: KeyFrames, path: Path) -> None:
    """Draws an event; the format is that of the name (``.png`` or ``.svg``).

    Args:
        material: The recording.
        entry: The event.
        seen: Its key frames.
        path: File to write.
    """
    figure = Figure(figsize=(9.0, 5.4), layout="constrained")
    grid = figure.add_gridspec(2, 4, height_ratios=(1.25, 1.0))
    for place, (name, crop) in enumerate(zip(KEY_FRAMES, seen.crops, strict=True)):
        axes = figure.add_subplot(grid[0, place])
        axes.imshow(crop[..., ::-1])
        level = attention_level(seen.guess.spatial[place])
        axes.imshow(level, cmap="viridis", vmin=0.0, vmax=1.0, alpha=_MOST_COVER * np.sqrt(level))
        time = (entry.onset, entry.apex, entry.offset)[place]
        axes.set_title(f"{name}, {time:.3f} s\nweight {seen.guess.temporal[place]:.2f}", fontsize="small")
        axes.set_axis_off()
    axes = figure.add_subplot(grid[0, 3])
    axes.imshow(flow_picture(seen.motion))
    axes.set_title(f"motion, onset to apex\nfull colour {_FULL_PERCENT:g} %", fontsize="small")
    axes.set_axis_off()
    wheel = axes.inset_axes((0.72, 0.0, 0.28, 0.28))
    wheel.imshow(_wheel())
    wheel.set_axis_off()
    _draw_curve(figure.add_subplot(grid[1, :3]), material, entry)
    _draw_weights(figure.add_subplot(grid[1, 3]), seen.guess)
    label = entry.label or "no label"
    figure.suptitle(f"{entry.participant}, {label} ({entry.author}), {1000 * entry.duration:.0f} ms", fontsize="medium")
    figure.text(0.5, -0.02, MEANING, ha="center", va="top", fontsize="x-small")
    # Names of the elements in the file, not of the moment: the same event gives the same file.
    facts = {"Date": None} if path.suffix == ".svg" else {"Software": "Fleeting"}
    with naming(path), whole_file(path) as partial, mpl.rc_context({"svg.hashsalt": "fleeting"}):
        figure.savefig(partial, format=path.suffix[1:], dpi=150, bbox_inches="tight", metadata=facts)


def flow_picture(motion: Field) -> npt.NDArray[np.float64]:
    """The flow in the usual colours, ``[128, 128, 3]``: the hue is the direction, white is rest."""
    percent = motion * (100.0 / INTER_OCULAR_PX)
    mask = cv2.resize(FACE_MASK, (motion.shape[1], motion.shape[0]))
    return _colours(percent[..., 0] * mask / _FULL_PERCENT, percent[..., 1] * mask / _FULL_PERCENT)


def _colours(right: npt.NDArray[np.floating[Any]], down: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    hue = (np.arctan2(down, right) / (2 * np.pi)) % 1.0
    strength = np.clip(np.hypot(right, down), 0.0, 1.0)
    return np.asarray(hsv_to_rgb(np.stack([hue, strength, np.ones_like(hue)], axis=-1)), dtype=np.float64)


def _wheel() -> npt.NDArray[np.float64]:
    """What the colours mean, ``[96, 96, 4]``."""
    axis = np.linspace(-1.0, 1.0, _WHEEL)
    x, y = np.meshgrid(axis, axis)
    inside = (np.hypot(x, y) <= 1.0).astype(np.float64)
    return np.dstack([_colours(x, y), inside])


def _draw_curve(axes: mpl.axes.Axes, material: Material, entry: Entry) -> None:
    times, motion = material.analysis.times, material.analysis.motion
    near = (times >= entry.onset - _AROUND_S) & (times <= entry.offset + _AROUND_S)
    for column, (name, colour) in enumerate(_CURVES.items()):
        axes.plot(times[near], motion[near, column], color=colour, linewidth=1.0, label=name)
    axes.axvspan(entry.onset, entry.offset, color=EMOTION_COLOURS.get(entry.label, "#8a8a8a"), alpha=0.18)
    axes.axvline(entry.apex, color="black", linewidth=0.8, linestyle="dashed")
    axes.set_xlabel("time, s", fontsize="small")
    axes.set_ylabel("motion, % of the\ndistance of the eyes", fontsize="small")
    axes.tick_params(labelsize="small")
    axes.legend(fontsize="x-small", loc="upper right")


def _draw_weights(axes: mpl.axes.Axes, guess: Recognition) -> None:
    axes.bar(KEY_FRAMES, guess.temporal, color="#0072B2")
    axes.set_ylim(0.0, 1.0)
    axes.set_title("temporal weights", fontsize="small")
    axes.tick_params(labelsize="small")
