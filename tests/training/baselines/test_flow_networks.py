"""The published networks in their published sizes."""

import pytest
import torch

from training.baselines.flow_networks import FlowResNet18, OffApexNet, Ststnet


def weights(network, part=""):
    return sum(p.numel() for name, p in network.named_parameters() if part in name)


def test_they_have_the_sizes_that_their_descriptions_give():
    off, sts, res = OffApexNet(3), Ststnet(3), FlowResNet18(3)
    # Two streams: 6 filters of 5x5, then 16 of 5x5x6; layers of 1024, 1024 and 3 over 2 x 16 x 7 x 7 values.
    streams = 2 * ((25 + 1) * 6 + (25 * 6 + 1) * 16)
    assert weights(off, "across") + weights(off, "down") == streams == 5144
    assert weights(off) == streams + (1568 + 1) * 1024 + (1024 + 1) * 1024 + (1024 + 1) * 3 == 2_664_475
    # Three streams of 3, 5 and 8 filters of 3x3x3, and 3 classes over 16 x 5 x 5 values.
    assert weights(sts, "streams") == (27 + 1) * 16 == 448
    assert weights(sts) == 448 + (400 + 1) * 3 == 1651
    assert weights(res) == 11_178_051  # torchvision's 11,689,512 with 1000 classes, less 513 x 997


@pytest.mark.parametrize("make", [OffApexNet, Ststnet, FlowResNet18])
def test_they_look_at_the_flow_from_onset_to_apex_only_and_whatever_its_size(make):
    torch.manual_seed(0)
    network = make(3).eval()
    maps = torch.randn(2, 3, 4, 64, 64)
    present = torch.ones(2, 3)
    out = network(maps, present)
    assert out.emotion.shape == (2, 3)
    assert out.fc1.shape == (2, make.hidden)
    other = maps.clone()
    other[:, 0], other[:, 2], other[:, 1, 0] = 0.0, 0.0, 0.0
    assert torch.equal(network(other, present).emotion, out.emotion)
    other[:, 1, 1:] *= 3.0
    assert torch.allclose(network(other, present).emotion, out.emotion, atol=0.1)
