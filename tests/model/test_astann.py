import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from assets import ASTANN_CARD, ASTANN_ONNX
from model.astann import FC1_SIZE, Astann, mirror, standardise
from model.export import export_onnx
from model.recognition import Recogniser

MASKS = [(1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0)]


@pytest.fixture(scope="module")
def network() -> Astann:
    torch.manual_seed(0)
    network = Astann()
    # A network whose normalisation has seen data, as a trained one has.
    for _ in range(3):
        network(torch.randn(8, 3, 4, 64, 64), torch.ones(8, 3))
    return network.eval()


def test_the_exported_network_answers_as_the_torch_one(network, tmp_path):
    path = tmp_path / "astann.onnx"
    export_onnx(network, path, temperature=1.3)
    session = Recogniser(path)._session
    rng = np.random.default_rng(0)
    for batch in (1, 4, 7):
        maps = rng.normal(0, 2, (batch, 3, 4, 64, 64)).astype(np.float32)
        present = np.array([MASKS[i % len(MASKS)] for i in range(batch)], np.float32)
        with torch.inference_mode():
            out = network(torch.from_numpy(maps), torch.from_numpy(present))
        expected = (out.emotion / 1.3, out.action_units, out.spatial, out.temporal)
        names = ["emotion", "action_units", "spatial", "temporal"]
        for name, wanted, got in zip(
            names, expected, session.run(names, {"maps": maps, "present": present}), strict=True
        ):
            np.testing.assert_allclose(got, wanted.numpy(), atol=1e-4, err_msg=name)


@pytest.mark.parametrize("mask", MASKS)
def test_an_absent_key_frame_has_no_say(network, mask):
    maps = torch.randn(2, 3, 4, 64, 64)
    other = maps.clone()
    other[:, torch.tensor(mask) == 0] = torch.randn(())
    present = torch.tensor([mask, mask], dtype=torch.float32)
    a, b = network(maps, present), network(other, present)
    torch.testing.assert_close(a.emotion, b.emotion, atol=1e-5, rtol=1e-4)
    assert (a.temporal[:, torch.tensor(mask) == 0] == 0).all()


def test_attention_is_normalised(network):
    out = network(torch.randn(5, 3, 4, 64, 64), torch.ones(5, 3))
    torch.testing.assert_close(out.temporal.sum(dim=1), torch.ones(5))
    torch.testing.assert_close(out.spatial.mean(dim=(2, 3)), torch.ones(5, 3))
    assert out.fc1.shape == (5, FC1_SIZE)


@given(scale=st.floats(1.0, 30.0), shift=st.floats(-5.0, 5.0))
@settings(max_examples=20)
def test_neither_amplitude_nor_head_translation_reaches_the_network(scale, shift):
    maps = 50 * torch.randn(1, 3, 4, 64, 64, generator=torch.Generator().manual_seed(0))
    present = torch.ones(1, 3)
    torch.testing.assert_close(
        standardise(maps, present), standardise(maps * scale + shift, present), atol=0.02, rtol=0.01
    )


def test_the_noise_of_a_still_face_is_not_blown_up_to_a_movement():
    noise = 0.01 * torch.randn(1, 3, 4, 64, 64, generator=torch.Generator().manual_seed(0))
    seen = standardise(noise, torch.ones(1, 3))
    assert (seen[:, :, 1:].std(dim=(0, 1, 3, 4)) < 0.25).all()
    assert seen[:, :, 0].std() > 0.8  # a picture of little contrast is still a picture


def test_spatial_attention_depends_on_the_sample(network):
    a = network(torch.randn(1, 3, 4, 64, 64), torch.ones(1, 3)).spatial
    b = network(torch.randn(1, 3, 4, 64, 64), torch.ones(1, 3)).spatial
    assert (a - b).abs().max() > 1e-3


@pytest.mark.parametrize("mask", MASKS)
def test_a_mirrored_face_is_called_the_same(network, mask):
    maps = torch.randn(2, 3, 4, 64, 64)
    present = torch.tensor([mask, mask], dtype=torch.float32)
    a, b = network(maps, present), network(mirror(maps), present)
    torch.testing.assert_close(a.emotion, b.emotion, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(a.action_units, b.action_units, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(a.spatial, b.spatial.flip(-1), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(mirror(mirror(maps)), maps)


def test_the_shipped_network_is_small_and_its_card_names_it():
    assert ASTANN_ONNX.stat().st_size <= 4_000_000
    assert Recogniser(ASTANN_ONNX).sha256 in ASTANN_CARD.read_text(encoding="utf-8")
