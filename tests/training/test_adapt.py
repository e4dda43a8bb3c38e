from dataclasses import replace

import numpy as np
import pytest
import torch

from model.astann import FC1_SIZE, Astann, AstannOutput
from model.labels import EMOTIONS
from training.activations import Activations
from training.adapt import FEWEST_CLIPS, AdaptError, AdaptSettings, Target, adapt
from training.losses import ALIGNMENTS, attention_loss, class_weights, coral

QUICK = AdaptSettings(steps=6, batch=16)


@pytest.fixture
def target(maps):
    return Target(maps.maps, maps.present, published=True)


def activations(seed, spread=1.0, count=64):
    torch.manual_seed(seed)
    fc1 = spread * torch.randn(count, FC1_SIZE)
    emotion = spread * torch.randn(count, len(EMOTIONS))
    return Activations(fc1, emotion)


def test_coral_is_the_formula_of_the_paper():
    torch.manual_seed(0)
    source, target = torch.randn(50, 7), torch.randn(60, 7) @ torch.randn(7, 7)
    covariances = [np.cov(x.numpy(), rowvar=False) for x in (source, target)]
    expected = ((covariances[0] - covariances[1]) ** 2).sum() / (4 * 7**2)
    assert float(coral(source, target)) == pytest.approx(expected, rel=1e-4)
    assert float(coral(source, source)) == 0.0


@pytest.mark.parametrize("name", [n for n in ALIGNMENTS if n not in {"none", "dann"}])
def test_an_alignment_sees_how_far_two_domains_lie_apart(name):
    loss = ALIGNMENTS[name][0](FC1_SIZE)
    near, far = (float(loss(activations(0), activations(1, spread))) for spread in (1.0, 3.0))
    assert far > 1.5 * near >= 0.0


def test_the_gradient_of_a_discriminator_is_turned_round_for_the_network():
    torch.manual_seed(0)
    dann = ALIGNMENTS["dann"][0](FC1_SIZE)
    source, target = (activations(seed)._replace(fc1=torch.randn(8, FC1_SIZE, requires_grad=True)) for seed in (0, 1))
    dann(source, target).backward()
    both = torch.cat([source.fc1, target.fc1]).detach().requires_grad_()
    domain = torch.cat([torch.zeros(8, 1), torch.ones(8, 1)])
    torch.nn.functional.binary_cross_entropy_with_logits(dann.discriminator(both), domain).backward()
    torch.testing.assert_close(torch.cat([source.fc1.grad, target.fc1.grad]), -both.grad)


@pytest.mark.parametrize("method", list(ALIGNMENTS))
def test_every_method_trains_on_and_tells_its_progress(fields, target, method):
    torch.manual_seed(0)
    network = Astann()
    before = network.fc1.weight.detach().clone()
    seen = []
    settings = replace(QUICK, method=method)
    adapt(network, fields, target, settings, lambda done, total: seen.append((done, total)))
    assert seen == [(i, 6) for i in range(1, 7)]
    assert not network.training
    assert not torch.equal(before, network.fc1.weight)
    assert all(torch.isfinite(p).all() for p in network.parameters())


def test_alignment_brings_the_statistics_together(fields, target, monkeypatch):
    def distance(network):
        moving = fields.picked(fields.emotion != EMOTIONS.index("none"))
        torch.manual_seed(0)
        from training.looks import published_look

        with torch.no_grad():
            source = network(*published_look(torch.from_numpy(moving.maps).float())).fc1
            other = network(torch.from_numpy(target.maps), torch.from_numpy(target.present)).fc1
        # Relative to the activations' own size: shrinking everything would be no alignment.
        return float(coral(source, other) / (torch.cov(source.T) ** 2).mean())

    results = {}
    for method in ("none", "coral"):
        torch.manual_seed(0)
        results[method] = distance(adapt(Astann(), fields, target, AdaptSettings(method=method, steps=40, batch=36)))
    assert results["coral"] < results["none"]


def test_a_target_too_small_for_a_covariance_is_refused(fields, target):
    small = Target(target.maps[: FEWEST_CLIPS - 1], target.present[: FEWEST_CLIPS - 1], published=True)
    with pytest.raises(AdaptError, match=f"holds {FEWEST_CLIPS - 1} clips; at least {FEWEST_CLIPS}"):
        adapt(Astann(), fields, small, QUICK)


def test_an_unknown_method_is_refused(fields, target):
    with pytest.raises(AdaptError, match="'magic' is not one of none, coral"):
        adapt(Astann(), fields, target, replace(QUICK, method="magic"))


def test_classes_get_the_same_say():
    weights = class_weights(torch.tensor([0, 0, 0, 1]), 3)
    assert weights.tolist() == pytest.approx([4 / 3 / 2, 4 / 2, 0.0])


def test_attention_beside_the_movement_or_on_a_spoilt_frame_costs():
    region = torch.zeros(1, 16, 16)
    region[:, 4:6, 4:6] = 1
    right, wrong = torch.full((1, 3, 16, 16), 0.01), torch.full((1, 3, 16, 16), 0.01)
    right[:, 1, 4, 4], wrong[:, 1, 12, 12] = 60.0, 60.0
    temporal = torch.tensor([[0.1, 0.8, 0.1]])

    def loss(spatial, weights, spoilt):
        out = AstannOutput(torch.zeros(1, 4), torch.zeros(1, 15), spatial, weights, torch.zeros(1, FC1_SIZE))
        return float(attention_loss(out, region, torch.tensor([spoilt])))

    whole = [False, False, False]
    assert loss(right, temporal, whole) < loss(wrong, temporal, whole)
    assert loss(right, temporal, [True, False, False]) < loss(right, temporal[:, [1, 0, 2]], [True, False, False])
    assert loss(right, temporal, whole) < loss(right, temporal[:, [1, 0, 2]], whole)
