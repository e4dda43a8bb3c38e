"""Flow-map sets: published optical flow of real micro-expressions, without pictures, zero level or scale."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
import torch

from model.crop import CROP_SIZE
from model.errors import FleetingError
from model.labels import EMOTIONS
from model.representation import CHANNELS, KEY_FRAMES, MAP_SIZE
from training.looks import normal_form

MANIFEST: Final = "manifest.csv"
CROP: Final = "crop.json"
LABELS: Final = tuple(name for name in EMOTIONS if name != "none")
COLUMNS: Final = ("clip", "subject", "database", "label", "onset_apex", "apex_offset")
# Where crop.json's landmarks lie in our crop, in pixels of the crop (see model/crop.py).
_PLACES: Final = {"eye_left": (40.0, 34.0), "eye_right": (88.0, 34.0), "mouth": (64.0, 86.0)}


class FlowMapError(FleetingError):
    """A flow-map set cannot be read."""


@dataclass(frozen=True, slots=True)
class FlowMapSet:
    """The usable clips of a set.

    Attributes:
        folder: Where it lies.
        clips: Name of each clip.
        subjects: ``database/subject`` of each: two databases may number their subjects alike.
        databases: Database of each.
        labels: ``int64 [n]`` index into `LABELS`.
        maps: ``float32 [n, 3, 4, 64, 64]`` as the network reads them; picture and onset flow are empty.
        present: ``float32 [n, 3]``: the onset never, the offset where there is a map of it.
        refused: What was wrong with each row that cannot be used.
    """

    folder: Path
    clips: tuple[str, ...]
    subjects: tuple[str, ...]
    databases: tuple[str, ...]
    labels: npt.NDArray[np.int64]
    maps: npt.NDArray[np.float32]
    present: npt.NDArray[np.float32]
    refused: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.clips)

    def picked(self, which: npt.NDArray[np.bool_]) -> FlowMapSet:
        """Some of the clips; ``which`` is ``bool [n]``."""
        return FlowMapSet(
            self.folder,
            tuple(compress(self.clips, which)),
            tuple(compress(self.subjects, which)),
            tuple(compress(self.databases, which)),
            self.labels[which],
            self.maps[which],
            self.present[which],
            self.refused,
        )


def is_flow_map_set(folder: Path) -> bool:
    """Whether ``folder`` holds a manifest."""
    return (folder / MANIFEST).is_file()


def read_flow_maps(folder: Path) -> FlowMapSet:
    """Reads a set; rows that cannot be used are left out and named.

    Args:
        folder: Folder with ``manifest.csv``, its pictures, and perhaps ``crop.json``.

    Raises:
        FlowMapError: If the manifest or ``crop.json`` cannot be read, or no row can be used.
    """
    to_crop = _crop_matrix(folder)
    seen: set[tuple[str, str, str]] = set()
    rows: list[dict[str, str]] = []
    flows: list[npt.NDArray[np.float32]] = []
    shown: list[npt.NDArray[np.float32]] = []
    has_offset: list[bool] = []
    refused: list[str] = []
    for line, row in _rows(folder):
        try:
            key = (row["database"], row["subject"], row["clip"])
            if key in seen:
                raise FlowMapError(f"clip {row['clip']} of {row['database']} is listed twice; the first one counts")
            if row["label"] not in LABELS:
                raise FlowMapError(f"the label '{row['label']}' is not one of {', '.join(LABELS)}")
            if not row["onset_apex"]:
                raise FlowMapError("the column onset_apex is empty")
            apex, inside = _read_map(folder / row["onset_apex"], to_crop)
            offset = _read_map(folder / row["apex_offset"], to_crop)[0] if row["apex_offset"] else None
        except FlowMapError as error:
            refused.append(f"{folder / MANIFEST}, line {line}: {error}")
            continue
        seen.add(key)
        rows.append(row)
        shown.append(inside)
        flows.append(np.stack([apex, np.zeros_like(apex) if offset is None else offset]))
        has_offset.append(offset is not None)
    if not rows:
        reasons = "\n".join(refused[:5])
        raise FlowMapError(f"No clip of {folder / MANIFEST} can be used.\n{reasons}".rstrip())
    maps = np.zeros((len(rows), len(KEY_FRAMES), len(CHANNELS), MAP_SIZE, MAP_SIZE), np.float32)
    maps[:, 1:, 1:] = normal_form(torch.from_numpy(np.stack(flows)), torch.from_numpy(np.stack(shown))).numpy()
    present = np.ones((len(rows), len(KEY_FRAMES)), np.float32)
    present[:, 0] = 0.0
    present[:, 2] = has_offset
    return FlowMapSet(
        folder,
        tuple(row["clip"] for row in rows),
        tuple(f"{row['database']}/{row['subject']}" for row in rows),
        tuple(row["database"] for row in rows),
        np.array([LABELS.index(row["label"]) for row in rows], dtype=np.int64),
        maps,
        present,
        tuple(refused),
    )


def _rows(folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    path = folder / MANIFEST
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise FlowMapError(
                    f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}. "
                    f"Its first line must name: {', '.join(COLUMNS)}."
                )
            for row in reader:
                yield reader.line_num, {name: (row[name] or "").strip() for name in COLUMNS}
    except OSError as error:
        raise FlowMapError(
            f"{path} cannot be read ({error.strerror}). Name a folder that holds a {MANIFEST}."
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FlowMapError(f"{path} is no table in UTF-8 ({error}). Save it again as CSV (UTF-8).") from error


def _crop_matrix(folder: Path) -> npt.NDArray[np.float64] | None:
    """From fractions of the map to fractions of our crop, ``float64 [2, 3]``; None if the map is our crop."""
    path = folder / CROP
    if not path.is_file():
        return None
    try:
        facts: Mapping[str, tuple[float, float]] = json.loads(path.read_text(encoding="utf-8"))
        points = np.array([facts[name] for name in _PLACES], dtype=np.float64)
        if points.shape != (3, 2) or not np.isfinite(points).all():
            raise ValueError("each needs two numbers")
        # Left and right are those of the picture, whatever the file's writer meant by them.
        points[:2] = points[np.argsort(points[:2, 0])]
        target = np.array(list(_PLACES.values())) / CROP_SIZE
        if abs(np.linalg.det(np.column_stack([points, np.ones(3)]))) < 1e-4:
            raise ValueError("the three points lie on one line")
        matrix = np.linalg.solve(np.column_stack([points, np.ones(3)]), target).T
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FlowMapError(
            f"{path} cannot be used ({error}). It must hold eye_left, eye_right and mouth, each as [x, y] in "
            "fractions of the map."
        ) from error
    return np.asarray(matrix, dtype=np.float64)


def _read_map(
    path: Path, to_crop: npt.NDArray[np.float64] | None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """One map as u, v, strain in our crop, ``float32 [3, 64, 64]``, and where it shows something, ``[64, 64]``."""
    if not path.is_file():
        raise FlowMapError(f"{path} is missing")
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise FlowMapError(f"{path} cannot be read as a picture")
    if picture.ndim != 3 or picture.shape[2] < 3:
        raise FlowMapError(f"{path} is grey; red, green and blue must hold u, v and strain")
    maps = picture[..., 2::-1].astype(np.float32)
    height, width = maps.shape[:2]
    to_crop = np.eye(2, 3) if to_crop is None else to_crop
    # Fractions speak of the pixels' edges, warps of their middles.
    from_map = np.array([[1 / width, 0, 0.5 / width], [0, 1 / height, 0.5 / height], [0, 0, 1]])
    into_ours = np.array([[MAP_SIZE, 0, -0.5], [0, MAP_SIZE, -0.5], [0, 0, 1]])
    matrix = (into_ours @ np.vstack([to_crop, [0, 0, 1]]) @ from_map)[:2]
    shrink = 1 / np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    if shrink > 1.0:
        maps = cv2.GaussianBlur(maps, (0, 0), 0.5 * shrink).astype(np.float32)
    size = (MAP_SIZE, MAP_SIZE)
    warped = cv2.warpAffine(maps, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # Flow and strain at a picture's very edge are seldom right: one row of the map is given up.
    kept = np.zeros((height, width), np.float32)
    kept[1:-1, 1:-1] = 1.0
    inside = cv2.warpAffine(kept, matrix, size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
    return np.ascontiguousarray(np.moveaxis(warped, 2, 0), dtype=np.float32), np.asarray(inside, dtype=np.float32)
