"""What published flow maps look like, and one form for them and for the synthetic clips that stand in for them.

A published map has lost its zero level and its scale, often its resolution, and still holds what the head did. Its form
here: per key frame and channel, less the motion that most of the face shares, in units of its own deviation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from torch import Tensor

from model.crop import CROP_SIZE
from model.flow import face_depth
from model.representation import FACE_MASK, MAP_SIZE

# Depth of the average face at each pixel of the maps, in half crops.
_PIXELS: Final = (np.arange(MAP_SIZE) + 0.5) * CROP_SIZE / MAP_SIZE
_DEPTH: Final = torch.from_numpy(face_depth(*np.meshgrid(_PIXELS, _PIXELS)) / (CROP_SIZE / 2)).float()
# The head's share is fitted to every n-th pixel of both axes.
_STRIDE: Final = 4
_REWEIGHTINGS: Final = 4
# Motion of the offset key frame relative to the apex's: relaxation is slower and never complete.
_RELAXATION: Final = 0.8
# Deviations beyond this are a blink, a reflection or a failed flow; one such pixel must not hide a cheek.
_LARGEST: Final = 6.0
# Ranges of the look that training draws from: resolution in pixels, shares of the crop, degrees, deviations.
_RESOLUTION: Final = (20, MAP_SIZE)
_SCALE_SD: Final = 0.08
_SHIFT_SD: Final = 0.07
_ANGLE_SD: Final = 2.5
_BEND_SD: Final = 0.4
_LOG_NOISE: Final = (math.log(0.02), math.log(0.5))
# Chance that a side of our crop is cut off, and how much of it (half the crop is 1): left, right, top, bottom.
_CUT_CHANCE: Final = 0.4
_DEEPEST_CUTS: Final = (0.3, 0.3, 0.2, 0.4)
_NO_OFFSET: Final = 0.4
_NO_STRAIN: Final = 0.15
# Other cuts under which a map is judged as well: shifts in half crops to the right and down, and scale.
_NUDGES: Final = (
    (0.06, 0.0, 1.0),
    (-0.06, 0.0, 1.0),
    (0.0, 0.06, 1.0),
    (0.0, -0.06, 1.0),
    (0.0, 0.0, 1.06),
    (0.0, 0.0, 0.94),
)


def normal_form(flow: Tensor, shown: Tensor) -> Tensor:
    """Flow maps of any zero level and scale in the form that the network meets in training.

    Args:
        flow: ``[b, k, 3, 64, 64]``: u, v and strain of the apex and offset key frames, in our crop.
        shown: ``[b, 64, 64]``: 1 where the map covers our crop, 0 where it ends before.

    Returns:
        The same shape; zero outside the face and where the map shows nothing.
    """
    batch, frames, channels, height, width = flow.shape
    mask = (torch.as_tensor(FACE_MASK, dtype=flow.dtype) * shown).repeat_interleave(frames * channels, dim=0)
    flat = flow.reshape(-1, height, width)
    motion = flat - _shared_motion(flat, mask)
    # Strain has no sign: only its level is lost, and a plane would take the cheeks' share with it.
    strain = flat - flat[:, ::_STRIDE, ::_STRIDE].flatten(1).median(dim=1).values[:, None, None]
    is_strain = (torch.arange(len(flat)) % channels == channels - 1)[:, None, None]
    centred = torch.where(is_strain, strain, motion) * mask
    area = mask.sum(dim=(1, 2)).clamp(min=1.0)
    deviation = (centred**2).sum(dim=(1, 2)).div(area).sqrt().clamp(min=1e-6)
    scaled = (centred / deviation[:, None, None]).clamp(-_LARGEST, _LARGEST)
    share = torch.tensor([1.0] + [_RELAXATION] * (frames - 1), dtype=flow.dtype)
    return scaled.reshape(batch, frames, channels, height, width) * share[:, None, None, None]


def _shared_motion(maps: Tensor, mask: Tensor) -> Tensor:
    """The head's share ``[n, h, w]`` in each map: a plane, and the face's relief, which a turn of the head prints.

    Fitted by re-weighted least squares, channel by channel, since the scale of each is its own.
    """
    axis = torch.linspace(-1.0, 1.0, maps.shape[-1])
    across, down = torch.meshgrid(axis, axis, indexing="xy")
    design = torch.stack([torch.ones_like(across), across, down, _DEPTH], dim=-1)
    picked = design[::_STRIDE, ::_STRIDE].flatten(0, 1)
    values = maps[:, ::_STRIDE, ::_STRIDE].flatten(1)
    inside = mask[:, ::_STRIDE, ::_STRIDE].flatten(1)
    weights = inside
    for _ in range(_REWEIGHTINGS):
        normal = torch.einsum("np,pi,pj->nij", weights, picked, picked) + 1e-6 * torch.eye(4)
        share = torch.linalg.solve(normal, torch.einsum("np,pi,np->ni", weights, picked, values))
        rest = (values - share @ picked.T).abs()
        typical = (rest * inside).sum(dim=1, keepdim=True) / inside.sum(dim=1, keepdim=True).clamp(min=1.0)
        # Geman and McClure's weights: what moves much more than the rest does not vote.
        weights = inside / (1.0 + (rest / typical.clamp(min=1e-9)) ** 2) ** 2
    return torch.einsum("ni,hwi->nhw", share, design)


def published_look(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Synthetic clips as if only published flow maps of them were left, each in a look of its own.

    Args:
        maps: ``[b, 3, 4, 64, 64]``; not changed.

    Returns:
        New maps without pictures and without the onset's flow, and which key frames are present ``[b, 3]``.
    """
    batch = len(maps)
    flow = _coarser(_noisy(_another_crop(maps[:, 1:, 1:])))
    flow[torch.rand(batch) < _NO_STRAIN, :, 2] = 0.0
    new = torch.zeros_like(maps)
    new[:, 1:, 1:] = normal_form(flow, _shown_part(batch))
    present = torch.ones(batch, maps.shape[1])
    present[:, 0] = 0.0
    present[torch.rand(batch) < _NO_OFFSET, 2] = 0.0
    return new, present


def _shown_part(batch: int) -> Tensor:
    """What somebody else's crop leaves of ours, ``[b, 64, 64]``: often the chin or the temples are cut off."""
    axis = torch.linspace(-1.0, 1.0, MAP_SIZE)
    cut = torch.rand(batch, 4) * torch.tensor(_DEEPEST_CUTS) * (torch.rand(batch, 4) < _CUT_CHANCE)
    columns = (axis > -1 + cut[:, :1]) & (axis < 1 - cut[:, 1:2])
    rows = (axis > -1 + cut[:, 2:3]) & (axis < 1 - cut[:, 3:])
    return (rows[:, :, None] & columns[:, None, :]).float()


def shaken(maps: Tensor) -> Tensor:
    """Published maps that already have our form, cut a little elsewhere and measured a little worse.

    Args:
        maps: ``[b, 3, 4, 64, 64]`` as `training.flow_maps.FlowMapSet`; not changed.
    """
    new = torch.zeros_like(maps)
    new[:, 1:, 1:] = normal_form(_noisy(_another_crop(maps[:, 1:, 1:])), _shown_part(len(maps)))
    return new


def nudged(maps: Tensor) -> Iterator[Tensor]:
    """Published maps as they are, and cut a little elsewhere: nobody knows to the pixel where the faces lie in them.

    Args:
        maps: ``[b, 3, 4, 64, 64]`` as `training.flow_maps.FlowMapSet`; not changed.
    """
    yield maps
    for right, down, scale in _NUDGES:
        theta = torch.tensor([[scale, 0.0, right], [0.0, scale, down]]).repeat(len(maps), 1, 1)
        new = torch.zeros_like(maps)
        everywhere = torch.ones(len(maps), MAP_SIZE, MAP_SIZE)
        new[:, 1:, 1:] = normal_form(_warped(maps[:, 1:, 1:], theta), everywhere)
        yield new


def _noisy(flow: Tensor) -> Tensor:
    """With the errors of a flow, and with a bend that a head leaves behind."""
    batch = len(flow)
    axis = torch.linspace(-1.0, 1.0, MAP_SIZE)
    deviation = flow.flatten(3).std(dim=3)[..., None, None]
    bend = torch.randn(batch, 2, 3, 1, 1) * axis[None, :] * axis[:, None]
    level = torch.exp(torch.empty(batch, 1, 1, 1, 1).uniform_(*_LOG_NOISE))
    noise = torch.nn.functional.interpolate(torch.randn(batch, 6, 24, 24), MAP_SIZE, mode="bilinear")
    return flow + deviation * (_BEND_SD * bend + level * noise.reshape(flow.shape))


def _another_crop(flow: Tensor) -> Tensor:
    """The maps of each clip cut a little elsewhere: nobody else's crop is quite ours."""
    batch = len(flow)
    angle = torch.deg2rad(_ANGLE_SD * torch.randn(batch))
    across, down = (1.0 + _SCALE_SD * torch.randn(2, batch)).unbind()
    theta = torch.stack(
        [
            torch.stack([across * angle.cos(), -down * angle.sin(), _SHIFT_SD * torch.randn(batch)], dim=1),
            torch.stack([across * angle.sin(), down * angle.cos(), _SHIFT_SD * torch.randn(batch)], dim=1),
        ],
        dim=1,
    )
    return _warped(flow, theta)


def _warped(flow: Tensor, theta: Tensor) -> Tensor:
    """Each clip's maps through an affine matrix ``[b, 2, 3]``, from the new crop's coordinates to the old one's."""
    grid = torch.nn.functional.affine_grid(theta, [len(flow), 1, MAP_SIZE, MAP_SIZE], align_corners=False)
    moved = torch.nn.functional.grid_sample(flow.flatten(1, 2), grid, padding_mode="border", align_corners=False)
    return moved.reshape(flow.shape)


def _coarser(flow: Tensor) -> Tensor:
    """The whole batch at one lower resolution and back, as maps of 28 pixels are read."""
    side = int(torch.randint(_RESOLUTION[0], _RESOLUTION[1] + 1, (1,)))
    flat = flow.flatten(1, 2)
    small = torch.nn.functional.interpolate(flat, side, mode="area")
    return torch.nn.functional.interpolate(small, MAP_SIZE, mode="bilinear", align_corners=False).reshape(flow.shape)
