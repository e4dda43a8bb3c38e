import numpy as np
import torch

from model.astann import Astann
from model.labels import EMOTIONS
from model.representation import Representation
from training.calibration import MOST_CALLED
from training.fit import predict
from training.judge import settle_none


def test_a_network_that_calls_talk_an_emotion_is_settled():
    torch.manual_seed(0)
    network = Astann().eval()
    rng = np.random.default_rng(0)
    maps = rng.normal(0, 0.3, (50, 3, 4, 64, 64)).astype(np.float32)
    none = EMOTIONS.index("none")

    def called() -> float:
        return float((predict(network, maps).emotion.argmax(axis=1) != none).mean())

    with torch.no_grad():
        network.emotion.bias[none] -= 1.0
    assert called() > MOST_CALLED
    others = predict(network, maps).emotion[:, :none]
    settle_none(network, [Representation(m, np.ones(3, np.float32)) for m in maps])
    assert called() <= MOST_CALLED
    np.testing.assert_array_equal(predict(network, maps).emotion[:, :none], others)


def test_without_talk_nothing_is_settled():
    network = Astann().eval()
    before = network.emotion.bias.detach().clone()
    settle_none(network, [])
    assert torch.equal(network.emotion.bias, before)
