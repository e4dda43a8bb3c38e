"""Training of ASTANN on synthetic clips, with Lightning."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import lightning
import numpy as np
import numpy.typing as npt
import torch
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from model.astann import Astann
from model.labels import EMOTIONS
from training.clipset import ClipArrays

# Action units are rare: their loss is weighted up, and a missed one costs more than a false one.
_AU_LOSS_WEIGHT: Final = 3.0
_AU_POSITIVE_WEIGHT: Final = 2.0
# Weight of the temporal attention's entropy: without it the network leaves all key frames at a third.
_ENTROPY_WEIGHT: Final = 0.05
_LABEL_SMOOTHING: Final = 0.05
# Chances in training that the facial image, the onset's flow or the offset key frame is missing, so that one network
# serves live views (no offset yet) and flow-map sets (no image).
_DROP_IMAGE: Final = 0.25
_DROP_ONSET_FLOW: Final = 0.25
_DROP_OFFSET: Final = 0.25
# Chance that one key frame comes from another clip, as when a key frame was picked badly or the light jumped: the
# temporal attention learns to look away from it.
_FOREIGN_KEY_FRAME: Final = 0.1


@dataclass(frozen=True, slots=True)
class FitSettings:
    """Settings of one training run, fixed beforehand.

    Attributes:
        epochs: Passes over the training clips; the last one is taken.
        batch: Clips a step.
        learning_rate: Peak of the one-cycle schedule (AdamW).
        weight_decay: Of AdamW.
        seed: Seed of weights, order and augmentation.
    """

    epochs: int = 10
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    seed: int = 0


class AstannTraining(lightning.LightningModule):  # type: ignore[misc]  # lightning's types are not followed
    """Losses, augmentation and schedule around the network."""

    def __init__(self, settings: FitSettings, steps: int) -> None:
        super().__init__()
        self.network = Astann()
        self._settings = settings
        self._steps = steps

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], _index: int) -> Tensor:
        maps, present = augment(batch[0].float())
        out = self.network(maps, present)
        emotion = torch.nn.functional.cross_entropy(out.emotion, batch[1], label_smoothing=_LABEL_SMOOTHING)
        weight = torch.full((batch[2].shape[1],), _AU_POSITIVE_WEIGHT, device=batch[2].device)
        aus = torch.nn.functional.binary_cross_entropy_with_logits(out.action_units, batch[2], pos_weight=weight)
        # The small term keeps the slope finite where a key frame is masked.
        entropy = -(out.temporal * torch.log(out.temporal + 1e-6)).sum(dim=1).mean()
        self.log("train/emotion", emotion, prog_bar=True)
        self.log("train/action_units", aus)
        self.log("train/temporal_entropy", entropy)
        loss: Tensor = emotion + _AU_LOSS_WEIGHT * aus + _ENTROPY_WEIGHT * entropy
        return loss

    def configure_optimizers(self) -> dict[str, Any]:
        optimiser = torch.optim.AdamW(
            self.parameters(), lr=self._settings.learning_rate, weight_decay=self._settings.weight_decay
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, self._settings.learning_rate, total_steps=self._steps)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def augment(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Mirrors half of the clips, drops modalities and swaps in foreign key frames at random.

    Args:
        maps: ``[b, 3, 4, 64, 64]``; not changed.

    Returns:
        New maps, and which key frames are present ``[b, 3]``.
    """
    batch = len(maps)
    mirrored = torch.rand(batch, 1, 1, 1, 1) < 0.5
    flipped = maps.flip(-1).clone()
    flipped[:, :, 1] *= -1.0  # a mirrored face moves the other way across
    maps = torch.where(mirrored, flipped, maps)
    foreign = torch.rand(batch) < _FOREIGN_KEY_FRAME
    frame = torch.where(torch.rand(batch) < 0.5, 0, 2)  # never the apex: it carries the label
    donor = torch.randperm(batch)
    maps[foreign, frame[foreign]] = maps[donor[foreign], frame[foreign]]
    maps[torch.rand(batch) < _DROP_IMAGE, :, 0] = 0.0
    maps[torch.rand(batch) < _DROP_ONSET_FLOW, 0, 1:] = 0.0
    present = torch.ones(batch, maps.shape[1])
    present[torch.rand(batch) < _DROP_OFFSET, 2] = 0.0
    return maps, present


def fit(clips: ClipArrays, settings: FitSettings, logs: Path, progress: bool = True) -> Astann:
    """Trains a network; the same clips and settings give the same weights on the same machine."""
    lightning.seed_everything(settings.seed, verbose=False)
    tensors = TensorDataset(*map(torch.from_numpy, (clips.maps, clips.emotion, clips.action_units)))
    loader = DataLoader(tensors, settings.batch, shuffle=True, drop_last=len(tensors) > settings.batch)
    training = AstannTraining(settings, steps=settings.epochs * len(loader))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")  # the clips are in memory
        lightning.Trainer(
            max_epochs=settings.epochs,
            accelerator="auto",
            precision="bf16-mixed" if torch.cuda.is_available() else "32-true",
            logger=TensorBoardLogger(logs, name="astann", version=f"seed-{settings.seed}"),
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=progress,
            deterministic="warn",
            log_every_n_steps=20,
        ).fit(training, loader)
    return training.network.cpu().eval()


@dataclass(frozen=True, slots=True)
class Predictions:
    """Logits of a network: ``emotion [n, 4]``, ``action_units [n, 15]``."""

    emotion: npt.NDArray[np.float32]
    action_units: npt.NDArray[np.float32]


def predict(network: Astann, clips: ClipArrays, batch: int = 256) -> Predictions:
    """Runs the network over clips, all key frames and modalities present."""
    emotion, aus = [], []
    with torch.inference_mode():
        for start in range(0, len(clips), batch):
            maps = torch.from_numpy(clips.maps[start : start + batch]).float()
            out = network(maps, torch.ones(len(maps), maps.shape[1]))
            emotion.append(out.emotion.numpy())
            aus.append(out.action_units.numpy())
    if not emotion:
        return Predictions(
            np.zeros((0, len(EMOTIONS)), np.float32), np.zeros((0, clips.action_units.shape[1]), np.float32)
        )
    return Predictions(np.concatenate(emotion), np.concatenate(aus))
