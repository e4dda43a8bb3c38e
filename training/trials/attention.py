"""Whether the attention lies where the movement is, and whether it matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import softmax

from model.astann import ATTENTION_SIDE, Astann
from model.labels import EMOTIONS
from training.augment import corrupt
from training.clipset import ClipArrays
from training.fit import predict
from training.regions import displaced_region

# Share of the places that is masked.
_MASKED: Final = 0.2
_APEX: Final = 1


@dataclass(frozen=True, slots=True)
class AttentionFigures:
    """What the attention is worth, on clips that hold an expression.

    Attributes:
        pointing: Share of clips in which the peak of the apex heatmap lies where the skin truly moved.
        drop_attended: Mean loss of the winning probability when the most attended fifth is masked.
        drop_random: The same for a random fifth.
        apex_largest: Share of clips in which the apex has the largest temporal weight.
        apex_weight: Mean weight of the apex.
        weight_before: Mean weight of a key frame before it is spoilt.
        weight_spoilt: Mean weight of the same key frame when it shows something else.
    """

    pointing: float
    drop_attended: float
    drop_random: float
    apex_largest: float
    apex_weight: float
    weight_before: float
    weight_spoilt: float


def judge_attention(network: Astann, clips: ClipArrays, seed: int = 0) -> AttentionFigures:
    """Looks at a network's attention.

    Args:
        network: The network.
        clips: Clips with their true displacement.
        seed: Seed of the random places and key frames.
    """
    moving = clips.picked(clips.emotion != EMOTIONS.index("none"))
    maps = moving.maps.astype(np.float32)
    clean = predict(network, maps)
    regions = displaced_region(moving.displacement).reshape(len(maps), -1)
    heat = clean.spatial[:, _APEX].reshape(len(maps), -1)
    every = np.arange(len(maps))
    winner = clean.emotion.argmax(axis=1)
    rng = np.random.default_rng(seed)
    count = round(_MASKED * heat.shape[1])
    attended = np.argsort(-clean.spatial.reshape(len(maps), 3, -1), axis=2)[..., :count]
    anywhere = np.argsort(rng.random((len(maps), 3, heat.shape[1])), axis=2)[..., :count]
    before = softmax(clean.emotion, axis=1)[every, winner]

    def drop(places: npt.NDArray[np.int64]) -> float:
        after = softmax(predict(network, _without(maps, places)).emotion, axis=1)[every, winner]
        return float((before - after).mean())

    torch.manual_seed(seed)
    which = np.zeros((len(maps), 3), dtype=bool)
    which[every, rng.integers(0, 3, len(maps))] = True
    spoilt = torch.from_numpy(maps.copy())
    spoilt[torch.from_numpy(which)] = corrupt(spoilt, torch.from_numpy(which))
    return AttentionFigures(
        pointing=float(regions[every, heat.argmax(axis=1)].mean()),
        drop_attended=drop(attended),
        drop_random=drop(anywhere),
        apex_largest=float((clean.temporal.argmax(axis=1) == _APEX).mean()),
        apex_weight=float(clean.temporal[:, _APEX].mean()),
        weight_before=float(clean.temporal[which].mean()),
        weight_spoilt=float(predict(network, spoilt.numpy()).temporal[which].mean()),
    )


def _without(maps: npt.NDArray[np.float32], places: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """The maps with the given places ``[n, 3, k]`` of the attention's grid made still and featureless."""
    kept = np.ones((*maps.shape[:2], ATTENTION_SIDE**2), np.float32)
    np.put_along_axis(kept, places, 0.0, axis=2)
    step = maps.shape[-1] // ATTENTION_SIDE
    mask = kept.reshape(*maps.shape[:2], 1, ATTENTION_SIDE, ATTENTION_SIDE).repeat(step, axis=3).repeat(step, axis=4)
    # What stands for nothing: no motion, and the picture's mean brightness.
    plain = np.zeros_like(maps)
    plain[:, :, :1] = maps[:, :, :1].mean(axis=(3, 4), keepdims=True)
    return np.asarray(np.where(mask > 0, maps, plain), dtype=np.float32)
