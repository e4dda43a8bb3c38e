import numpy as np
import onnx
import pytest

from assets import ASTANN_ONNX
from model.errors import ModelError
from model.labels import EMOTIONS
from model.recognition import Recogniser, Recognition
from model.representation import Representation


def changed_copy(tmp_path, change):
    model = onnx.load(str(ASTANN_ONNX))
    change(model)
    path = tmp_path / "changed.onnx"
    onnx.save(model, str(path))
    return path


def test_a_missing_network_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"nowhere\.onnx is missing"):
        Recogniser(tmp_path / "nowhere.onnx")


@pytest.mark.parametrize("content", [b"", b"no network at all", ASTANN_ONNX.read_bytes()[:5000]])
def test_a_damaged_network_is_refused(tmp_path, content):
    path = tmp_path / "damaged.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"damaged\.onnx"):
        Recogniser(path)


def test_a_network_of_another_input_size_is_refused(tmp_path):
    def widen(model):
        model.graph.input[0].type.tensor_type.shape.dim[3].dim_value = 96

    with pytest.raises(ModelError):
        Recogniser(changed_copy(tmp_path, widen))


def test_a_network_of_other_emotions_is_refused(tmp_path):
    def rename(model):
        for prop in model.metadata_props:
            if prop.key == "fleeting.emotions":
                prop.value = '["happy", "sad"]'

    with pytest.raises(ModelError, match="happy"):
        Recogniser(changed_copy(tmp_path, rename))


def test_a_foreign_network_is_refused(tmp_path):
    def strip(model):
        del model.metadata_props[:]

    with pytest.raises(ModelError, match="not exported by Fleeting"):
        Recogniser(changed_copy(tmp_path, strip))


def test_probabilities_are_probabilities(recogniser):
    rng = np.random.default_rng(0)
    maps = rng.normal(0, 1, (3, 4, 64, 64)).astype(np.float32)
    guess = recogniser.recognise(Representation(maps, np.array([1, 1, 0], np.float32)))
    assert guess.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
    assert ((guess.action_units >= 0) & (guess.action_units <= 1)).all()
    assert guess.temporal[2] == 0.0
    assert guess.spatial.shape[0] == 3


@pytest.mark.parametrize(("confidence", "label"), [(0.7, EMOTIONS[1]), (0.45, "unsure")])
def test_below_its_threshold_the_label_is_unsure(confidence, label):
    rest = (1 - confidence) / 3
    guess = Recognition(
        np.array([rest, confidence, rest, rest], np.float32), np.zeros(15), np.ones((3, 2, 2)), np.ones(3) / 3, 0.5
    )
    assert guess.label == label


@pytest.mark.parametrize(("confidence", "percent"), [(1.0, 99), (0.997, 99), (0.909, 90), (0.62, 62)])
def test_a_guess_is_never_shown_as_certain(confidence, percent):
    rest = (1 - confidence) / 3
    probabilities = np.array([rest, confidence, rest, rest])
    assert Recognition(probabilities, np.zeros(15), np.ones((3, 2, 2)), np.ones(3) / 3, 0.5).percent == percent
