"""Flow-map sets made from synthetic clips: the way into `training evaluate` for those who have no real ones."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from model.flow import optical_strain
from model.whole_file import whole_file
from training.flow_maps import COLUMNS, CROP, MANIFEST
from training.people import load_person
from training.pool import in_parallel
from training.synthesis.anatomy import draw_anatomy, vary
from training.synthesis.clips import ClipCamera, Conditions, Take
from training.synthesis.portrait import Portrait

# The four flows come from pictures of the face this large, as in the published extractions, before they are reduced.
_FACE_SIDE: Final = 128
# Databases are filmed in a laboratory's light, and their maps are made of single frames.
_LABORATORY: Final = Conditions(face_sizes=(80.0, 200.0), h264=0.1, noise=(0.5, 6.0), gains=(0.5, 1.2), averaged=0.0)


@dataclass(frozen=True, slots=True)
class MapStyle:
    """How somebody else cuts faces and measures flow.

    Attributes:
        eye_left: Where the average face's left eye of the picture lies, in fractions of the map.
        eye_right: The other eye.
        mouth: The mouth's middle.
        side: Pixels of the published map.
        flow: ``tvl1`` (as most published maps) or ``farneback``.
    """

    eye_left: tuple[float, float] = (0.28, 0.32)
    eye_right: tuple[float, float] = (0.72, 0.32)
    mouth: tuple[float, float] = (0.50, 0.80)
    side: int = 28
    flow: str = "tvl1"


def write_flow_maps(
    people: tuple[Path, ...],
    out: Path,
    clips: int,
    *,
    database: str,
    style: MapStyle | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> None:
    """Films synthetic clips and writes them as a flow-map set, every channel stretched to 0-255.

    Nothing of the product's own alignment, head motion removal and flow is used, and the anatomy strays further from
    the muscle table than in training.

    Args:
        people: Prepared portraits; each becomes a subject.
        out: Folder to write.
        clips: Clips in all.
        database: Name in the manifest.
        style: How the maps are made.
        seed: Seed of everything.
        progress: Told (subjects done, subjects in all).
        workers: Processes; default one per core.
    """
    style = style or MapStyle()
    out.mkdir(parents=True, exist_ok=True)
    shares = np.diff(np.linspace(0, clips, len(people) + 1).astype(int))
    jobs = [_Job(p, out, int(n), database, style, seed, i) for i, (p, n) in enumerate(zip(people, shares, strict=True))]
    rows = [row for part in in_parallel(_film_subject, jobs, progress, workers) for row in part]
    crop = {"eye_left": style.eye_left, "eye_right": style.eye_right, "mouth": style.mouth}
    (out / CROP).write_text(json.dumps(crop), encoding="utf-8")
    with whole_file(out / MANIFEST) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


@dataclass(frozen=True, slots=True)
class _Job:
    person: Path
    out: Path
    clips: int
    database: str
    style: MapStyle
    seed: int
    number: int


def _film_subject(job: _Job) -> list[dict[str, str]]:
    cv2.setNumThreads(1)
    portrait, camera = load_person(job.person), ClipCamera(_LABORATORY)
    rows: list[dict[str, str]] = []
    attempt = 0
    while len(rows) < job.clips:
        rng = np.random.default_rng([job.seed, job.number, attempt])
        attempt += 1
        take = camera.shoot(portrait, vary(draw_anatomy(camera.conditions.anatomies, rng), rng), rng)
        if take.emotion == "none":
            continue
        name = f"s{job.number:02d}_{len(rows):03d}"
        files = {"onset_apex": (1, 2), "apex_offset": (2, 3)}
        cuts = [_cut(take, portrait, moment, job.style) for moment in range(4)]
        for column, (before, after) in files.items():
            picture = _stretched(_flow(cuts[before], cuts[after], job.style), job.style.side)
            cv2.imwrite(str(job.out / f"{name}_{column}.png"), picture)
        rows.append(
            {
                "clip": name,
                "subject": f"s{job.number:02d}",
                "database": job.database,
                "label": take.emotion,
                **{column: f"{name}_{column}.png" for column in files},
            }
        )
    camera.close()
    return rows


def _cut(take: Take, portrait: Portrait, moment: int, style: MapStyle) -> npt.NDArray[np.uint8]:
    """The face as somebody else crops it, grey, eyes and mouth at the style's places."""
    inverse = cv2.invertAffineTransform(take.scene.view)
    points = portrait.landmarks[[33, 133, 263, 362, 13, 14]] @ inverse[:, :2].T + inverse[:, 2]
    source = np.array([points[:2].mean(axis=0), points[2:4].mean(axis=0), points[4:].mean(axis=0)], dtype=np.float32)
    target = np.array([style.eye_left, style.eye_right, style.mouth], dtype=np.float32) * _FACE_SIDE
    matrix = cv2.getAffineTransform(source, target)
    grey = cv2.cvtColor(take.pictures[moment], cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.warpAffine(grey, matrix, (_FACE_SIDE, _FACE_SIDE), flags=cv2.INTER_AREA), dtype=np.uint8)


def _flow(before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8], style: MapStyle) -> npt.NDArray[np.float32]:
    if style.flow == "tvl1":
        flow = cv2.optflow.DualTVL1OpticalFlow_create().calc(before, after, None)  # type: ignore[attr-defined]  # OpenCV's stubs leave it out
    else:
        flow = cv2.calcOpticalFlowFarneback(before, after, None, 0.5, 3, 15, 3, 7, 1.5, 0)  # type: ignore[call-overload]  # OpenCV's stubs do not know an empty first guess
    motion = np.asarray(flow, dtype=np.float32)
    return np.dstack([motion, optical_strain(motion)])


def _stretched(maps: npt.NDArray[np.float32], side: int) -> npt.NDArray[np.uint8]:
    """Blue, green, red as ``uint8``: strain, v, u, each from its smallest to its largest value."""
    small = cv2.resize(maps, (side, side), interpolation=cv2.INTER_AREA)
    low, high = small.min(axis=(0, 1)), small.max(axis=(0, 1))
    stretched = (small - low) / np.maximum(high - low, 1e-9) * 255
    return np.asarray(np.rint(stretched[..., ::-1]), dtype=np.uint8)
