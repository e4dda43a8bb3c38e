"""The exported network at work: key frames in, emotion, action units and attention out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model.errors import ModelError
from model.labels import ACTION_UNITS, EMOTIONS
from model.representation import CHANNELS, KEY_FRAMES, MAP_SIZE, Representation

Array = npt.NDArray[np.float32]

_FORMAT: Final = "1"
_INPUTS: Final = {
    "maps": [len(KEY_FRAMES), len(CHANNELS), MAP_SIZE, MAP_SIZE],
    "present": [len(KEY_FRAMES)],
}
_OUTPUTS: Final = ("emotion", "action_units", "spatial", "temporal")
# An action unit is named when its probability reaches this.
AU_THRESHOLD: Final = 0.5


@dataclass(frozen=True, slots=True)
class Recognition:
    """The network's guess about one movement.

    Attributes:
        probabilities: ``float32 [4]`` calibrated, in the order of `model.labels.EMOTIONS`.
        action_units: ``float32 [15]`` probabilities in the order of `model.labels.ACTION_UNITS`.
        spatial: ``float32 [3, h, w]`` attention per key frame, mean 1.
        temporal: ``float32 [3]`` attention over the key frames, sum 1.
        unsure_below: Confidence below which the guess should not be shown as a label.
    """

    probabilities: Array
    action_units: Array
    spatial: Array
    temporal: Array
    unsure_below: float

    @property
    def emotion(self) -> str:
        """The likeliest class, ``none`` included."""
        return EMOTIONS[int(np.argmax(self.probabilities))]

    @property
    def confidence(self) -> float:
        """Probability of the likeliest class."""
        return float(self.probabilities.max())

    def probability_of(self, emotion: str) -> float:
        """Probability of one class."""
        return float(self.probabilities[EMOTIONS.index(emotion)])

    @property
    def percent(self) -> int:
        """Confidence in whole percent, rounded down and at most 99: a guess is never certain."""
        return min(99, int(100 * self.confidence))

    @property
    def label(self) -> str:
        """What to show: the emotion, or ``unsure``."""
        return self.emotion if self.confidence >= self.unsure_below else "unsure"

    @property
    def named_action_units(self) -> tuple[int, ...]:
        """AUs that are likely at work, the likeliest first."""
        order = np.argsort(-self.action_units)
        return tuple(ACTION_UNITS[i] for i in order if self.action_units[i] >= AU_THRESHOLD)


class Recogniser:
    """Loads an exported network and runs it.

    Args:
        path: ONNX file.
        threads: Cores that work on one clip: the two looks at it go side by side.

    Raises:
        ModelError: If the file is missing, damaged, or made for other inputs, outputs or labels.
    """

    def __init__(self, path: Path, threads: int = 2) -> None:
        self.path = path
        if not path.is_file():
            raise ModelError(f"The network {path} is missing. Reinstall Fleeting or choose another model file.")
        content = path.read_bytes()
        self.sha256 = hashlib.sha256(content).hexdigest()
        self._session = _open_session(content, path, threads)
        facts = self._session.get_modelmeta().custom_metadata_map
        self._check(facts)
        self.version = facts["fleeting.version"]
        self.unsure_below = float(facts["fleeting.unsure_below"])
        # The first run plans memory; a window should not stutter at its first event.
        self.recognise(Representation(np.zeros([3, 4, MAP_SIZE, MAP_SIZE], np.float32), np.ones(3, np.float32)))

    def recognise(self, representation: Representation) -> Recognition:
        """The network's guess about one movement (about 2 ms): two looks, the second at its mirror image."""
        emotion, aus, spatial, temporal = self._session.run(
            list(_OUTPUTS), {"maps": representation.maps[None], "present": representation.present[None]}
        )
        return Recognition(_softmax(emotion[0]), _sigmoid(aus[0]), spatial[0], temporal[0], self.unsure_below)

    def _check(self, facts: dict[str, str]) -> None:
        problem = ""
        found = {i.name: list(i.shape)[1:] for i in self._session.get_inputs()}
        outputs = {o.name for o in self._session.get_outputs()}
        if found != _INPUTS:
            problem = f"its inputs are {found}, expected {_INPUTS}"
        elif not outputs.issuperset(_OUTPUTS):
            problem = f"its outputs are {sorted(outputs)}, expected {sorted(_OUTPUTS)}"
        elif facts.get("fleeting.format") != _FORMAT:
            problem = "it was not exported by Fleeting's training"
        elif json.loads(facts["fleeting.emotions"]) != list(EMOTIONS):
            problem = f"its emotions are {facts['fleeting.emotions']}"
        elif json.loads(facts["fleeting.action_units"]) != list(ACTION_UNITS):
            problem = f"its action units are {facts['fleeting.action_units']}"
        if problem:
            raise ModelError(
                f"The network {self.path} does not fit this program: {problem}. Choose another model file."
            )


def _open_session(content: bytes, path: Path, threads: int) -> Any:  # noqa: ANN401 - onnxruntime ships no types
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # A spinning pool would take a core from the window.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises classes of its own that derive from Exception alone
        raise ModelError(
            f"The network {path} is damaged or no ONNX file ({error}). Choose another model file."
        ) from error


def _softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum(), dtype=np.float32)


def _sigmoid(logits: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-logits)), dtype=np.float32)
