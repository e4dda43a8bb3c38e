"""Networks as files: exported ONNX, or the checkpoint of a training run."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch

from model.astann import Astann
from model.errors import ModelError
from model.export import load_astann


def load_network(path: Path) -> Astann:
    """The network of an ``.onnx`` file that the training exported, or of a ``.ckpt`` file that it left.

    Raises:
        ModelError: If the file is missing, damaged or of another network.
    """
    if not path.is_file():
        raise ModelError(f"The network {path} does not exist. Name an .onnx file or a .ckpt file of a training run.")
    if path.suffix == ".onnx":
        return load_astann(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
        own = {name.removeprefix("network."): value for name, value in state.items() if name.startswith("network.")}
        network = Astann()
        network.load_state_dict(own)
    except (OSError, RuntimeError, KeyError, EOFError, pickle.UnpicklingError) as error:
        raise ModelError(f"{path} is no checkpoint of this program's training ({error}).") from error
    return network.eval()
