"""ASTANN: adaptive spatio-temporal attention over the three key frames of a micro-expression.

After the idea of Ran, Zheng, Zong and Liu (Virtual Reality & Intelligent Hardware 5(2), 2023,
doi 10.1016/j.vrih.2022.03.006): key frames of flow and facial image, spatial and temporal attention computed from the
sample, correlation alignment on the first fully connected layer. Layer sizes and every setting here are our own choice;
no figure of the paper is claimed. Needs torch; the application itself runs the exported network only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from model.labels import ACTION_UNITS, EMOTIONS
from model.representation import CHANNELS, KEY_FRAMES

FC1_SIZE: Final = 160
_WIDTHS: Final = (32, 64, 80)
_REDUCED: Final = 20
_GRID: Final = 8
ATTENTION_SIDE: Final = 16
"""Rows and columns of the spatial attention."""
# Added to each channel's standard deviation, so that what is missing stays zero and the measuring noise of a still face
# is not blown up to the size of a movement: grey levels (0-1); u and v in percent of the inter-ocular distance, strain
# in percent. A movement of 1 % deviates by about 0.13 and 0.7, a still face before a webcam by 0.05 and 0.27.
_FLOORS: Final = (1e-3, 0.05, 0.05, 0.25)
# The median is taken over every fourth pixel of both axes: exact enough, and 16 times cheaper.
_MEDIAN_STRIDE: Final = 4
# Score that removes an absent key frame from the softmax.
_ABSENT: Final = -1e4


class AstannOutput(NamedTuple):
    """What the network says of a batch of ``b`` movements.

    Attributes:
        emotion: Logits ``[b, 4]`` in the order of `model.labels.EMOTIONS`.
        action_units: Logits ``[b, 15]`` in the order of `model.labels.ACTION_UNITS`.
        spatial: Attention ``[b, 3, 16, 16]``, mean 1 over each key frame.
        temporal: Attention ``[b, 3]``, sum 1, 0 for absent key frames.
        fc1: Activations of the first fully connected layer ``[b, 160]``, for CORAL.
    """

    emotion: Tensor
    action_units: Tensor
    spatial: Tensor
    temporal: Tensor
    fc1: Tensor


@dataclass(frozen=True, slots=True)
class AstannSettings:
    """Parts of the network; anything but the defaults exists to measure what a part is good for.

    Attributes:
        spatial: Weigh places by attention.
        temporal: Weigh key frames by attention; else all present ones alike.
        image: Look at the facial image.
        strain: Look at the optical strain.
        standardised: Standardise each clip; else take the maps as they are.
        keeps_position: Flatten the attended maps into FC1; else sum them over all places.
        dropout: Share of FC1 dropped in training.
    """

    spatial: bool = True
    temporal: bool = True
    image: bool = True
    strain: bool = True
    standardised: bool = True
    keeps_position: bool = True
    dropout: float = 0.1


class Astann(nn.Module):
    """The network.

    Args:
        settings: Its parts.
    """

    def __init__(self, settings: AstannSettings | None = None) -> None:
        super().__init__()
        self.settings = settings or AstannSettings()
        frames = len(KEY_FRAMES)
        w1, w2, w3 = _WIDTHS
        self.backbone = nn.Sequential(
            _block(len(CHANNELS), w1, kernel=5, stride=2),
            _block(w1, w2, kernel=3, stride=2),
            _block(w2, w3, kernel=3, stride=1),
        )
        self.spatial_score = nn.Sequential(nn.Conv2d(w3, 16, 1), nn.ReLU(), nn.Conv2d(16, 1, 3, padding=1))
        self.temporal_score = nn.Sequential(nn.Linear(2 * w3, 16), nn.ReLU(), nn.Linear(16, 1))
        # What a key frame shows decides beside which one it is: relaxation looks like contraction the other way round.
        self.temporal_place = nn.Parameter(torch.zeros(frames))
        self.reduce = nn.Sequential(nn.Conv2d(w3, _REDUCED, 1), nn.BatchNorm2d(_REDUCED), nn.ReLU(), nn.AvgPool2d(2))
        places = _REDUCED * _GRID * _GRID if self.settings.keeps_position else _REDUCED
        self.fc1 = nn.Linear(frames * places, FC1_SIZE)
        self.dropout = nn.Dropout(self.settings.dropout)
        self.emotion = nn.Linear(FC1_SIZE, len(EMOTIONS))
        self.action_units = nn.Linear(FC1_SIZE, len(ACTION_UNITS))

    def forward(self, maps: Tensor, present: Tensor) -> AstannOutput:
        """Looks at movements; once trained, at each and at its mirror image: neither emotions nor AUs have a side.

        Args:
            maps: ``[b, 3, 4, 64, 64]`` as `model.representation.Representation`.
            present: ``[b, 3]``, 1 where the key frame exists.
        """
        if self.training:
            return self._look(maps, present)
        both = self._look(torch.cat([maps, mirror(maps)]), torch.cat([present, present]))
        own, other = zip(*(part.reshape(2, -1, *part.shape[1:]).unbind() for part in both), strict=True)
        images = AstannOutput(*other)
        images = images._replace(spatial=images.spatial.flip(-1))
        return AstannOutput(*((a + b) / 2 for a, b in zip(own, images, strict=True)))

    def _look(self, maps: Tensor, present: Tensor) -> AstannOutput:
        x = self._seen(maps, present)
        frames, channels, height, width = x.shape[1:]
        features = self.backbone(x.reshape(-1, channels, height, width))
        score = torch.sigmoid(self.spatial_score(features))
        if not self.settings.spatial:
            score = torch.ones_like(score)
        spatial = score / score.mean(dim=(2, 3), keepdim=True)
        attended = spatial * features
        # Mean and maximum: how much of the face moves, and how far its most active part does.
        # (Pooling's slope is ten times cheaper than that of `amax`.)
        highest = nn.functional.max_pool2d(features, features.shape[2:]).flatten(1)
        pooled = torch.cat([attended.mean(dim=(2, 3)), highest], dim=1).reshape(-1, frames, 2 * _WIDTHS[-1])
        weights = self.temporal_score(pooled).squeeze(-1) + self.temporal_place
        if not self.settings.temporal:
            weights = torch.zeros_like(weights)
        temporal = torch.softmax(torch.where(present > 0, weights, _ABSENT), dim=1) * present
        reduced = self.reduce(attended)
        if not self.settings.keeps_position:
            reduced = reduced.mean(dim=(2, 3))
        kept = reduced.reshape(-1, frames, self.fc1.in_features // frames)
        # Weighted to a mean of 1 per key frame, so that the size of FC1's input does not depend on their number.
        sequence = kept * (temporal * frames).unsqueeze(-1)
        fc1 = torch.relu(self.fc1(sequence.reshape(-1, self.fc1.in_features)))
        seen = self.dropout(fc1)
        return AstannOutput(
            self.emotion(seen),
            self.action_units(seen),
            spatial.reshape(-1, frames, spatial.shape[2], spatial.shape[3]),
            temporal,
            fc1,
        )

    def _seen(self, maps: Tensor, present: Tensor) -> Tensor:
        """The maps as they enter the backbone."""
        x = standardise(maps, present) if self.settings.standardised else maps * present[..., None, None, None]
        if self.settings.image and self.settings.strain:
            return x
        kept = torch.tensor([float(self.settings.image), 1.0, 1.0, float(self.settings.strain)], device=x.device)
        return x * kept[:, None, None]


def standardise(maps: Tensor, present: Tensor) -> Tensor:
    """Instance standardisation: each key frame's channel less its median, over the clip's standard deviation.

    Removes what is left of head translation, and most of the amplitude: how strong a movement was is the spotter's
    business. A face that hardly moves at all stays faint.
    """
    shown = present.reshape(-1, maps.shape[1], 1, 1, 1)
    picked = maps[..., ::_MEDIAN_STRIDE, ::_MEDIAN_STRIDE].flatten(3)
    ordered = torch.sort(picked, dim=3).values
    median = ordered[..., ordered.shape[3] // 2]
    centred = (maps - median[..., None, None]) * shown
    energy = (centred**2).mean(dim=(3, 4), keepdim=True).sum(dim=1, keepdim=True)
    deviation = torch.sqrt(energy / shown.sum(dim=1, keepdim=True).clamp(min=1.0))
    floors = torch.tensor(_FLOORS, dtype=maps.dtype, device=maps.device)
    return centred / (deviation + floors[:, None, None])


def mirror(maps: Tensor) -> Tensor:
    """Movements ``[b, 3, 4, 64, 64]`` of mirrored faces: they move the other way across."""
    signs = torch.ones(maps.shape[2], dtype=maps.dtype, device=maps.device)
    signs[CHANNELS.index("flow u")] = -1.0
    return maps.flip(-1) * signs[:, None, None]


def _block(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )
