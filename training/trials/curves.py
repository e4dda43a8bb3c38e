"""How the network's figures change with amplitude, frame rate, compression and anatomy, on held-out persons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from training.clipset import Batch, ClipArrays, make_clips
from training.synthesis.anatomy import ANATOMY_NAMES
from training.synthesis.clips import Conditions

# Clips of the judged range, as a multiple of the clips of one point of a curve.
_JUDGED_SHARE: Final = 3
_SEED: Final = 900
# Movements of 1-2.5 % of the inter-ocular distance before cameras of at least 25 frames a second: what the product
# asks for (it warns below) and is judged in. Everything else is as in training.
JUDGED: Final = Conditions(peaks=(0.010, 0.025), frame_rates=(25.0, 200.0))
# The same before a good camera at a desk: a large enough face and no codec.
GOOD_CAMERA: Final = replace(JUDGED, face_sizes=(70.0, 160.0), h264=0.0, jpeg=0.0)
_AMPLITUDES: Final = (0.003, 0.005, 0.0075, 0.010, 0.015, 0.025)
_FRAME_RATES: Final = (15.0, 25.0, 30.0, 60.0, 100.0, 200.0)
_RATE_FACTORS: Final = (18, 23, 28, 32, 36)
# The face's size at which rate factors are compared: a face at a desk in a 480 line picture.
_DESK: Final = (70.0, 110.0)

JUDGED_RANGE: Final = "judged range"
"""Name of the curve with two points: `JUDGED` and `GOOD_CAMERA`."""

Curve = list[tuple[str, ClipArrays]]


def judged_batch(people: tuple[Path, ...], clips: int) -> Batch:
    """Clips of held-out persons in the range that the product is judged in; ``clips`` as in `make_curves`."""
    return Batch(_JUDGED_SHARE * clips, _SEED, people, JUDGED)


def make_curves(
    people: tuple[Path, ...], clips: int, cache: Path, progress: Callable[[int, int], None] | None = None
) -> dict[str, Curve]:
    """Clips of held-out persons under narrow conditions.

    Args:
        people: Prepared portraits that were not trained on.
        clips: Clips of each point of a curve.
        cache: As `training.clipset.make_clips`.
        progress: Told (clips done, clips in all).

    Returns:
        For each curve its (setting, clips).
    """
    points = {
        "amplitude": [(f"{100 * a:g} %", replace(JUDGED, peaks=(a, a))) for a in _AMPLITUDES],
        "frame rate": [(f"{f:g} fps", replace(JUDGED, frame_rates=(f, f))) for f in _FRAME_RATES],
        "compression": [
            ("none", replace(JUDGED, h264=0.0, jpeg=0.0, face_sizes=_DESK)),
            ("JPEG", replace(JUDGED, h264=0.0, jpeg=1.0, face_sizes=_DESK)),
            *((f"H.264 crf {c}", replace(JUDGED, h264=1.0, crf=(c, c), face_sizes=_DESK)) for c in _RATE_FACTORS),
        ],
        "anatomy": [(name, replace(JUDGED, anatomies=(name,))) for name in ANATOMY_NAMES],
    }
    every = [conditions for curve in points.values() for _, conditions in curve]
    points_of_all = (Batch(clips, _SEED + n, people, c) for n, c in enumerate(every, start=1))
    good = Batch(_JUDGED_SHARE * clips, _SEED, people, GOOD_CAMERA)
    made = iter(make_clips([judged_batch(people, clips), good, *points_of_all], cache, progress))
    return {
        JUDGED_RANGE: [("every camera", next(made)), ("good camera", next(made))],
        **{name: [(label, next(made)) for label, _ in curve] for name, curve in points.items()},
    }
