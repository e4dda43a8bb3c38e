"""The networks a person can choose from: the one that ships and those they added, each with its card."""

from __future__ import annotations

import errno
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from app.errors import OutputError
from assets import ASTANN_CARD, ASTANN_ONNX
from model.errors import ModelError
from model.recognition import Recogniser

_CARD: Final = ".md"
# How a card tells which file it speaks of.
_DIGEST: Final = re.compile(r"sha256 `([0-9a-f]{64})`")
# Larger files are no networks of this program (the one that ships has 3 MB) and are not read.
_LARGEST_BYTES: Final = 200_000_000


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A network that this program can use.

    Attributes:
        path: The ONNX file.
        version: Its name, as its training gave it.
        sha256: Of the file.
        card: Its model card (Markdown).
        ships: Whether it came with the program.
    """

    path: Path
    version: str
    sha256: str
    card: str
    ships: bool


def models_folder() -> Path:
    """Where added networks are kept, a folder each."""
    return platformdirs.user_data_path("fleeting") / "models"


def examine_model(path: Path) -> ModelFile:
    """Looks whether a network fits this program and its card.

    Args:
        path: ONNX file; its card lies beside it under the same name, ending in ``.md``.

    Raises:
        ModelError: If it cannot be used; the message says why.
    """
    card_path = ASTANN_CARD if path == ASTANN_ONNX else path.with_suffix(_CARD)
    if path.is_file() and path.stat().st_size > _LARGEST_BYTES:
        raise ModelError(f"{path} is too large for a network of this program. Choose another model file.")
    recogniser = Recogniser(path)  # refuses what is missing, damaged or made for something else
    try:
        card = card_path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(
            f"The network {path} has no readable card {card_path.name} beside it. A card says what a network learnt "
            "from and how well it does; the training writes one with every network. Copy it there."
        ) from error
    told = _DIGEST.search(card)
    if told is None or told[1] != recogniser.sha256:
        speaks = "names no file" if told is None else f"speaks of a file with sha256 {told[1][:12]}…"
        raise ModelError(
            f"The network {path} and its card do not belong together: the card {speaks}, the file has "
            f"{recogniser.sha256[:12]}…. One of them was changed or exchanged; export the network again."
        )
    return ModelFile(path, recogniser.version, recogniser.sha256, card, path == ASTANN_ONNX)


def known_models(folder: Path | None = None) -> list[ModelFile | ModelError]:
    """The network that ships, then the added ones by name; for one that cannot be used any more, why."""
    folder = folder or models_folder()
    added = sorted(folder.glob("*/*.onnx")) if folder.is_dir() else []
    models: list[ModelFile | ModelError] = []
    for path in (ASTANN_ONNX, *added):
        try:
            models.append(examine_model(path))
        except ModelError as error:
            models.append(error)
    return models


def add_model(path: Path, folder: Path | None = None) -> ModelFile:
    """Copies a network and its card to where the program keeps them.

    Args:
        path: ONNX file.
        folder: Where to; default `models_folder`.

    Raises:
        ModelError: If it cannot be used.
        OutputError: If it cannot be copied.
    """
    found = examine_model(path)
    folder = folder or models_folder()
    name = re.sub(r"\W+", "-", found.version).strip("-") or "network"
    place = folder / f"{name}-{found.sha256[:8]}"
    if not place.is_dir():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder, prefix=".adding-") as partial:
                whole = Path(partial) / "whole"
                whole.mkdir()
                shutil.copyfile(path, whole / ASTANN_ONNX.name)
                (whole / ASTANN_CARD.name).write_text(found.card, encoding="utf-8")
                whole.replace(place)
        except OSError as error:
            full = error.errno == errno.ENOSPC
            raise OutputError(
                f"The network cannot be copied to {folder} ({error.strerror}). "
                + ("Free some space." if full else "Check that the folder can be written.")
            ) from error
    return examine_model(place / ASTANN_ONNX.name)


def chosen_model(setting: str) -> Path:
    """The network of a setting; empty means the one that ships."""
    return Path(setting) if setting else ASTANN_ONNX
