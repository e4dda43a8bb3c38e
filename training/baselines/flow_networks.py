"""Published networks that read the flow from onset to apex, rebuilt from their papers' descriptions."""

from __future__ import annotations

import itertools
from typing import Final

import torch
from torch import Tensor, nn

from training.activations import Activations, JudgedNetwork

# Key frame and channels of our maps that hold the flow from onset to apex: u, v, strain.
_APEX: Final = 1
_FLOW: Final = slice(1, 4)
# Both papers read maps of 28x28.
_SIDE: Final = 28
_DROPOUT: Final = 0.5


class OffApexNet(JudgedNetwork):
    """OFF-ApexNet (Gan et al. 2019): u and v go through two streams of two convolutions, then two layers of 1024.

    As described, with pictures of 28x28: 2,664,475 weights and biases with three classes, of which 5,144 are in the
    convolutions. (The figure of 2.77 M that is also in print counts something else; two independent counts agree with
    ours.)

    Args:
        classes: Number of classes.
    """

    hidden = 1024

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.across, self.down = _stream(), _stream()
        self.dense = nn.Sequential(
            nn.Linear(2 * 16 * 7 * 7, 1024), nn.ReLU(), nn.Dropout(_DROPOUT), nn.Linear(1024, 1024), nn.ReLU()
        )
        self.dropout = nn.Dropout(_DROPOUT)
        self.out = nn.Linear(1024, classes)

    def forward(self, maps: Tensor, _present: Tensor) -> Activations:
        flow = _apex_flow(maps)
        streams = [self.across(flow[:, :1]), self.down(flow[:, 1:2])]
        hidden = self.dense(torch.cat([stream.flatten(1) for stream in streams], dim=1))
        return Activations(hidden, self.out(self.dropout(hidden)))


class Ststnet(JudgedNetwork):
    """STSTNet (Liong et al. 2019): three shallow streams with 3, 5 and 8 filters over u, v and strain.

    1,651 weights and biases with three classes: 448 in the convolutions, 1,203 in the last layer.

    Args:
        classes: Number of classes.
    """

    hidden = 400

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.streams = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(3, filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, stride=3, padding=1), nn.Dropout2d(0.2)
            )
            for filters in (3, 5, 8)
        )
        self.pool = nn.AvgPool2d(2)
        self.out = nn.Linear(16 * 5 * 5, classes)

    def forward(self, maps: Tensor, _present: Tensor) -> Activations:
        flow = _apex_flow(maps)
        hidden = self.pool(torch.cat([stream(flow) for stream in self.streams], dim=1)).flatten(1)
        return Activations(hidden, self.out(hidden))


class FlowResNet18(JudgedNetwork):
    """ResNet-18 (He et al. 2016) from random weights over u, v and strain of 64x64.

    Written out, since torchvision's wheels do not load beside a build of torch for processors only.

    Args:
        classes: Number of classes.
    """

    hidden = 512

    def __init__(self, classes: int) -> None:
        super().__init__()
        widths = (64, 64, 64, 128, 128, 256, 256, 512, 512)
        self.body = nn.Sequential(
            nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
            *(_Residual(before, after) for before, after in itertools.pairwise(widths)),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.out = nn.Linear(512, classes)

    def forward(self, maps: Tensor, _present: Tensor) -> Activations:
        hidden = self.body(_scaled(maps[:, _APEX, _FLOW]))
        return Activations(hidden, self.out(hidden))


class _Residual(nn.Module):
    """Two convolutions beside a short cut; where the width grows, the map's side is halved."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        stride = 1 if before == after else 2
        self.way = nn.Sequential(
            nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, padding=1, bias=False),
            nn.BatchNorm2d(after),
        )
        self.short_cut = (
            nn.Identity()
            if stride == 1
            else nn.Sequential(nn.Conv2d(before, after, 1, stride=stride, bias=False), nn.BatchNorm2d(after))
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.way(x) + self.short_cut(x))


def _stream() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    )  # fmt: skip


def _apex_flow(maps: Tensor) -> Tensor:
    """``[b, 3, 28, 28]``: u, v and strain from onset to apex."""
    flow = nn.functional.interpolate(maps[:, _APEX, _FLOW], size=(_SIDE, _SIDE), mode="area")
    return _scaled(flow)


def _scaled(flow: Tensor) -> Tensor:
    """Each clip's flow over its own size, so that a database's amplitude does not matter; a still face stays faint."""
    size = flow.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return flow / (size + 0.05)
