"""ASTANN to ONNX, with what the application must know about the network inside the file."""

from __future__ import annotations

import json
import logging
import warnings
from pathlib import Path
from typing import Final

import onnx
import torch
from torch import Tensor, nn

from model.astann import Astann
from model.errors import ModelError
from model.labels import ACTION_UNITS, EMOTIONS
from model.representation import CHANNELS, KEY_FRAMES, MAP_SIZE
from model.whole_file import whole_file

OPSET: Final = 18
OUTPUTS: Final = ("emotion", "action_units", "spatial", "temporal")
# Where the exported module keeps the network.
_PREFIX: Final = "network."
# Any batch size above 1, so that the exporter keeps the dimension symbolic.
_EXAMPLE_BATCH: Final = 2


class _Calibrated(nn.Module):
    """The network with its emotion logits divided by the temperature that calibrates them."""

    def __init__(self, network: Astann, temperature: float) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature

    def forward(self, maps: Tensor, present: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        out = self.network(maps, present)
        return out.emotion / self.temperature, out.action_units, out.spatial, out.temporal


def export_onnx(
    network: Astann,
    path: Path,
    *,
    temperature: float = 1.0,
    unsure_below: float = 0.5,
    version: str = "untrained",
) -> None:
    """Writes the network as one ONNX file with a dynamic batch; the file appears when it is whole.

    Args:
        network: The trained network.
        path: File to write.
        temperature: Divides the emotion logits (temperature scaling, Guo et al. 2017).
        unsure_below: Probability of the best emotion below which the application says 'unsure'.
        version: Name of the training run, shown to users.
    """
    module = _Calibrated(network, temperature).eval()
    maps = torch.randn(_EXAMPLE_BATCH, len(KEY_FRAMES), len(CHANNELS), MAP_SIZE, MAP_SIZE)
    present = torch.ones(_EXAMPLE_BATCH, len(KEY_FRAMES))
    batch = torch.export.Dim("batch", min=1)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own internals
        program = torch.onnx.export(
            module,
            (maps, present),
            dynamo=True,
            opset_version=OPSET,
            input_names=["maps", "present"],
            output_names=list(OUTPUTS),
            dynamic_shapes={"maps": {0: batch}, "present": {0: batch}},
            # Every weight stays under its own name, so that `load_astann` can go on training; onnxruntime folds
            # what can be folded when it opens the file.
            optimize=False,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    # The exporter leaves a trace of source lines in every node; it names folders of the machine it ran on.
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.metadata_props[:]
    onnx.helper.set_model_props(
        model,
        {
            "fleeting.format": "1",
            "fleeting.version": version,
            "fleeting.emotions": json.dumps(EMOTIONS),
            "fleeting.action_units": json.dumps(ACTION_UNITS),
            "fleeting.unsure_below": repr(unsure_below),
            "fleeting.temperature": repr(temperature),
        },
    )
    onnx.checker.check_model(model)
    with whole_file(path) as partial:
        onnx.save_model(model, str(partial))


def load_astann(path: Path) -> Astann:
    """The torch network of an exported file, to be judged or trained further.

    Raises:
        ModelError: If the file is missing, damaged, or no ASTANN of this program.
    """
    try:
        graph = onnx.load_model(str(path)).graph
    except Exception as error:  # protobuf raises classes of its own
        raise ModelError(f"The network {path} cannot be read ({error}). Choose another model file.") from error
    stored = {
        tensor.name.removeprefix(_PREFIX): torch.from_numpy(onnx.numpy_helper.to_array(tensor).copy())
        for tensor in graph.initializer
        if tensor.name.startswith(_PREFIX)
    }
    network = Astann()
    # How many batches a normalisation has seen is no part of what the network computes.
    wanted = {name for name in network.state_dict() if not name.endswith("num_batches_tracked")}
    missing = wanted - stored.keys()
    if missing:
        raise ModelError(
            f"The network {path} was not exported by this version of Fleeting's training: it lacks "
            f"{', '.join(sorted(missing)[:3])}. Choose another model file, or train it anew."
        )
    try:
        network.load_state_dict(stored, strict=False)
    except RuntimeError as error:
        raise ModelError(f"The network {path} has other layers than this program's ASTANN ({error}).") from error
    return network.eval()
