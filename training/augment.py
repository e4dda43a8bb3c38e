"""Training clips made harder: mirrored, with parts missing, with spoilt key frames, as published maps show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from model.astann import mirror
from model.representation import FACE_MASK
from training.looks import published_look

# Chances in training that the facial image, the onset's flow or the offset key frame is missing, so that one network
# serves live views (no offset yet) and recordings that begin late.
_DROP_IMAGE: Final = 0.2
_DROP_ONSET_FLOW: Final = 0.2
_DROP_OFFSET: Final = 0.2
# Chance that one key frame shows something else: the temporal attention learns to look away from it. The apex carries
# most of the label and is spoilt less often.
_CORRUPTED: Final = 0.15
_CORRUPTED_FRAME: Final = (0.4, 0.2, 0.4)
# Share of clips shown as published flow maps, so that the network reads those as well.
PUBLISHED_SHARE: Final = 0.35


@dataclass(frozen=True, slots=True)
class Augmented:
    """Clips made harder.

    Attributes:
        maps: ``[b, 3, 4, 64, 64]``.
        present: ``[b, 3]``: 1 where the key frame exists.
        corrupted: ``bool [b, 3]``: key frames that show something else than the clip's movement.
        mirrored: ``bool [b]``.
        published: ``bool [b]``: clips shown as published flow maps.
    """

    maps: Tensor
    present: Tensor
    corrupted: Tensor
    mirrored: Tensor
    published: Tensor


def augment(maps: Tensor, published: float = PUBLISHED_SHARE) -> Augmented:
    """New clips from old ones, at random.

    Args:
        maps: ``[b, 3, 4, 64, 64]``; not changed.
        published: Share of clips shown as published flow maps.
    """
    batch = len(maps)
    flipped = torch.rand(batch) < 0.5
    maps = mirrored(maps, flipped)
    as_published = torch.rand(batch) < published
    maps[torch.rand(batch) < _DROP_IMAGE, :, 0] = 0.0
    maps[torch.rand(batch) < _DROP_ONSET_FLOW, 0, 1:] = 0.0
    present = torch.ones(batch, maps.shape[1])
    present[torch.rand(batch) < _DROP_OFFSET, 2] = 0.0
    spoilt = (torch.rand(batch) < _CORRUPTED) & ~as_published & (present[:, 2] > 0)
    corrupted = torch.zeros(batch, maps.shape[1], dtype=torch.bool)
    corrupted[spoilt] = torch.nn.functional.one_hot(
        torch.multinomial(torch.tensor(_CORRUPTED_FRAME), int(spoilt.sum()), replacement=True)
        if spoilt.any()
        else torch.zeros(0, dtype=torch.int64),
        maps.shape[1],
    ).bool()
    maps[corrupted] = corrupt(maps, corrupted)
    if as_published.any():
        maps[as_published], present[as_published] = published_look(maps[as_published])
    return Augmented(maps, present, corrupted, flipped, as_published)


def corrupt(maps: Tensor, which: Tensor) -> Tensor:
    """Key frames as they look when a frame was picked badly, or the light jumped: of another clip, or torn to noise.

    Args:
        maps: ``[b, 3, 4, 64, 64]``.
        which: ``bool [b, 3]``.

    Returns:
        ``[which.sum(), 4, 64, 64]``.
    """
    clip, frame = which.nonzero(as_tuple=True)
    donor = torch.randperm(len(maps))
    foreign = maps[donor[clip], frame]
    noise = torch.nn.functional.interpolate(torch.randn(len(clip), 3, 16, 16), maps.shape[-1], mode="bilinear")
    strongest = maps[clip][:, :, 1:].abs().amax(dim=(1, 3, 4))[..., None, None]
    torn = torch.cat([maps[clip, frame, :1], noise * strongest * torch.as_tensor(FACE_MASK, dtype=maps.dtype)], dim=1)
    torn[:, 3] = torn[:, 3].abs()
    return torch.where((torch.rand(len(clip)) < 0.5)[:, None, None, None], foreign, torn)


def mirrored(maps: Tensor, which: Tensor) -> Tensor:
    """A copy in which the clips ``which`` ``bool [b]`` are mirrored left to right."""
    return torch.where(which.reshape(-1, 1, 1, 1, 1), mirror(maps), maps)
