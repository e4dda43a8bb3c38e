"""How well the network's words fit the labels, and how well two domains fit each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from model.astann import AstannOutput
from training.activations import Activations

# Action units are rare: their loss is weighted up, and a missed one costs more than a false one.
_AU_LOSS_WEIGHT: Final = 4.0
_AU_POSITIVE_WEIGHT: Final = 3.0
# Weight of the temporal attention's entropy: without it the network leaves all key frames at a third.
_ENTROPY_WEIGHT: Final = 0.05
_LABEL_SMOOTHING: Final = 0.05
# Weights of the terms that teach attention where and when, by the synthesis' own truth, something moved: the place, the
# key frame that is spoilt, and the apex, which shows a movement best unless it is spoilt itself.
_PLACE_WEIGHT: Final = 0.3
_CORRUPTION_WEIGHT: Final = 0.1
_APEX_WEIGHT: Final = 0.2
# Widths of the kernels of MMD, relative to the median distance between two clips (Long et al. 2015).
_KERNEL_WIDTHS: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
_DISCRIMINATOR: Final = 64


@dataclass(frozen=True, slots=True)
class LabelLoss:
    """The supervised losses of a batch."""

    emotion: Tensor
    action_units: Tensor
    entropy: Tensor

    @property
    def total(self) -> Tensor:
        return self.emotion + _AU_LOSS_WEIGHT * self.action_units + _ENTROPY_WEIGHT * self.entropy


def label_loss(out: AstannOutput, emotion: Tensor, action_units: Tensor) -> LabelLoss:
    """Losses against labels.

    Args:
        out: What the network says.
        emotion: ``int64 [b]``.
        action_units: ``float32 [b, 15]``.
    """
    positive = torch.full((action_units.shape[1],), _AU_POSITIVE_WEIGHT, device=action_units.device)
    return LabelLoss(
        nn.functional.cross_entropy(out.emotion, emotion, label_smoothing=_LABEL_SMOOTHING),
        nn.functional.binary_cross_entropy_with_logits(out.action_units, action_units, pos_weight=positive),
        temporal_entropy(out.temporal),
    )


def temporal_entropy(temporal: Tensor) -> Tensor:
    """Mean entropy of the temporal attention ``[b, 3]``."""
    # The small term keeps the slope finite where a key frame is masked.
    return -(temporal * torch.log(temporal + 1e-6)).sum(dim=1).mean()


def class_weights(emotion: Tensor, classes: int) -> Tensor:
    """Weights that give every class the same say, mean 1 over the clips; absent classes get none."""
    counts = torch.bincount(emotion, minlength=classes).float()
    weights = torch.where(counts > 0, len(emotion) / counts.clamp(min=1), 0.0)
    return weights / (counts > 0).sum()


def attention_loss(out: AstannOutput, region: Tensor, corrupted: Tensor) -> Tensor:
    """How much attention falls beside the movement, and on key frames that do not show it.

    Args:
        out: What the network says.
        region: ``[b, 16, 16]``, 1 where the skin moved at the apex; clips without any place do not count.
        corrupted: ``bool [b, 3]``: key frames that show something else.
    """
    shares = (out.spatial[:, 1] * region).sum(dim=(1, 2)) / out.spatial[:, 1].sum(dim=(1, 2))
    moving = (region.sum(dim=(1, 2)) > 0) & ~corrupted[:, 1]
    place = -(torch.log(shares + 1e-4) * moving).sum() / moving.sum().clamp(min=1)
    astray = -torch.log(1.0 - (out.temporal * corrupted).sum(dim=1) + 1e-4).sum() / corrupted.any(dim=1).sum().clamp(
        min=1
    )
    apex = -(torch.log(out.temporal[:, 1] + 1e-4) * moving).sum() / moving.sum().clamp(min=1)
    return _PLACE_WEIGHT * place + _CORRUPTION_WEIGHT * astray + _APEX_WEIGHT * apex


class Coral(nn.Module):
    """Correlation alignment on the last hidden layer (Sun and Saenko 2016)."""

    def forward(self, source: Activations, target: Activations) -> Tensor:
        return coral(source.fc1, target.fc1)


class LogitCoral(nn.Module):
    """Correlation alignment on the emotion logits, as Deep CORAL was first proposed."""

    def forward(self, source: Activations, target: Activations) -> Tensor:
        return coral(source.emotion, target.emotion)


class Mmd(nn.Module):
    """Maximum mean discrepancy on the last hidden layer, with several Gaussian kernels."""

    def forward(self, source: Activations, target: Activations) -> Tensor:
        both = torch.cat([source.fc1, target.fc1])
        squared = torch.cdist(both, both).square()
        typical = squared.detach().flatten().median().clamp(min=1e-6)
        kernel = torch.stack([torch.exp(-squared / (width * typical)) for width in _KERNEL_WIDTHS]).mean(dim=0)
        n = len(source.fc1)
        return kernel[:n, :n].mean() + kernel[n:, n:].mean() - 2 * kernel[:n, n:].mean()


class Dann(nn.Module):
    """A discriminator of the domains whose gradient is reversed for the network (Ganin and Lempitsky 2015).

    Args:
        hidden: Size of the layer that it looks at.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.discriminator = nn.Sequential(nn.Linear(hidden, _DISCRIMINATOR), nn.ReLU(), nn.Linear(_DISCRIMINATOR, 1))

    def forward(self, source: Activations, target: Activations) -> Tensor:
        both = _Reversed.apply(torch.cat([source.fc1, target.fc1]))  # type: ignore[no-untyped-call]
        domain = torch.cat([torch.zeros(len(source.fc1), 1), torch.ones(len(target.fc1), 1)]).to(both.device)
        return nn.functional.binary_cross_entropy_with_logits(self.discriminator(both), domain)


class Unaligned(nn.Module):
    """No alignment: the same training without a look at the target's statistics."""

    def forward(self, source: Activations, _target: Activations) -> Tensor:
        return source.fc1.new_zeros(())


def coral(source: Tensor, target: Tensor) -> Tensor:
    """‖cov(source) − cov(target)‖²_F / (4 d²) of activations ``[n, d]``."""
    return (torch.cov(source.T) - torch.cov(target.T)).square().sum() / (4 * source.shape[1] ** 2)


class _Reversed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, activations: Tensor) -> Tensor:
        return activations.view_as(activations)

    @staticmethod
    def backward(ctx: object, *gradients: Tensor) -> Tensor:
        return -gradients[0]


ALIGNMENTS: Final[dict[str, tuple[Callable[[int], nn.Module], float]]] = {
    "none": (lambda _hidden: Unaligned(), 0.0),
    "coral": (lambda _hidden: Coral(), 10.0),
    "logit-coral": (lambda _hidden: LogitCoral(), 1.0),
    "mmd": (lambda _hidden: Mmd(), 1.0),
    "dann": (Dann, 0.1),
}
"""Each way of alignment, made for a size of the layer it looks at, and its weight, fixed beforehand."""
