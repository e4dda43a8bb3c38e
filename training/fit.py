"""Training of ASTANN on synthetic clips, with Lightning."""

from __future__ import annotations

import contextlib
import logging
import pickle
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import lightning
import numpy as np
import numpy.typing as npt
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from model.astann import Astann, AstannOutput, AstannSettings
from model.errors import FleetingError
from training.augment import PUBLISHED_SHARE, augment
from training.batches import ShuffledBatches, emphasis
from training.clipset import ClipArrays
from training.losses import attention_loss, label_loss
from training.regions import displaced_region

# Processes that train one network together draw other chances from each other.
_RANK_STRIDE: Final = 1_000_003

CHECKPOINT: Final = "last.ckpt"
"""Written after each whole epoch."""


class TrainingError(FleetingError):
    """A training run cannot go on."""


@dataclass(frozen=True, slots=True)
class FitSettings:
    """Settings of one training run, fixed beforehand.

    Attributes:
        epochs: Passes over the training clips; the last one is taken.
        batch: Clips a step.
        learning_rate: Peak of the one-cycle schedule (AdamW).
        weight_decay: Of AdamW.
        published: Share of clips shown as published flow maps.
        seed: Seed of weights, order and augmentation.
        network: What the network consists of.
    """

    epochs: int = 12
    batch: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    published: float = PUBLISHED_SHARE
    seed: int = 0
    network: AstannSettings = field(default_factory=AstannSettings)


@dataclass(frozen=True, slots=True)
class Devices:
    """What one run trains on; every step's batch is shared out.

    Attributes:
        count: Graphics cards of a machine, or processes where there is none.
        nodes: Machines; each runs the same command, as under SLURM or torchrun.
    """

    count: int = 1
    nodes: int = 1

    @property
    def strategy(self) -> str:
        """Lightning's name of how processes are started."""
        if self.nodes > 1:
            return "ddp"
        return "ddp_spawn" if self.count > 1 else "auto"


class AstannTraining(lightning.LightningModule):  # type: ignore[misc]  # lightning's types are not followed
    """Losses, augmentation and schedule around the network."""

    def __init__(self, settings: FitSettings, steps: int) -> None:
        super().__init__()
        self.network = Astann(settings.network)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs leave it out
        self._settings = settings
        self._steps = steps

    def on_train_batch_start(self, _batch: object, index: int) -> None:
        # Chance starts anew with every epoch, so that a resumed run goes on as if it had never stopped. (Lightning
        # leaves out the hook for a new epoch in the first one after a restart.)
        if index == 0:
            torch.manual_seed(self._settings.seed * 1000 + self.current_epoch + _RANK_STRIDE * self.global_rank)

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor, Tensor], _index: int) -> Tensor:
        maps, emotion, aus, region = batch
        clips = augment(maps.float(), self._settings.published)
        region = torch.where(clips.mirrored[:, None, None], region.flip(-1), region).float()
        here = self.device
        out = self.network(clips.maps.to(here), clips.present.to(here))
        loss = label_loss(out, emotion.to(here), aus.to(here))
        attention = attention_loss(out, region.to(here), clips.corrupted.to(here))
        self.log("train/emotion", loss.emotion, prog_bar=True)
        self.log("train/action_units", loss.action_units)
        self.log("train/temporal_entropy", loss.entropy)
        self.log("train/attention", attention)
        return loss.total + attention

    def transfer_batch_to_device(self, batch: object, _device: torch.device, _loader: int) -> object:
        # Augmentation draws its chance on the processor, so that every machine sees the same clips.
        return batch

    def configure_optimizers(self) -> dict[str, Any]:
        optimiser = torch.optim.AdamW(
            self.parameters(),
            lr=self._settings.learning_rate,
            weight_decay=self._settings.weight_decay,
            fused=True,  # a step costs 2 ms less
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, self._settings.learning_rate, total_steps=self._steps)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def fit(
    clips: ClipArrays,
    settings: FitSettings,
    folder: Path,
    *,
    resume: bool = False,
    progress: bool = True,
    devices: Devices | None = None,
) -> Astann:
    """Trains a network; the same clips and settings give the same weights on the same machine.

    Args:
        clips: Training clips.
        settings: Settings.
        folder: For the checkpoint, written whole after each epoch, and TensorBoard's logs.
        resume: Go on from the checkpoint if there is one.
        progress: Show a progress bar.
        devices: What to train on; default one card, or this process. With several the weights differ slightly, since
            each normalises its share of a batch.

    Raises:
        SystemExit: In every process but the first, where several machines train.
        TrainingError: If the checkpoint is of another run, or the loss is no number any more.
        KeyboardInterrupt: If the user stops it; the checkpoint of the last whole epoch stays.
    """
    lightning.seed_everything(settings.seed, verbose=False)
    arrays = (clips.maps, clips.emotion, clips.action_units, displaced_region(clips.displacement))
    tensors = TensorDataset(*map(torch.from_numpy, arrays))
    order = ShuffledBatches(emphasis(clips.action_units), settings.batch, settings.seed)
    # The sampler names whole batches, which the tensors' own indexing gathers in one step.
    loader = DataLoader(tensors, sampler=order, batch_size=None)
    training = AstannTraining(settings, steps=settings.epochs * len(order))
    checkpoint = folder / CHECKPOINT
    if not resume:
        checkpoint.unlink(missing_ok=True)
    devices = devices or Devices()
    with _quiet():
        trainer = lightning.Trainer(
            max_epochs=settings.epochs,
            accelerator="auto",
            devices=devices.count,
            num_nodes=devices.nodes,
            strategy=devices.strategy,
            use_distributed_sampler=False,  # the batches are shared out already
            precision="bf16-mixed" if fast_bfloat16() else "32-true",
            logger=TensorBoardLogger(folder, name=None, version="logs"),
            callbacks=[ModelCheckpoint(folder, filename="last", every_n_epochs=1, enable_version_counter=False)],
            enable_model_summary=False,
            enable_progress_bar=progress,
            deterministic="warn",
            log_every_n_steps=20,
        )
        try:
            trainer.fit(training, loader, ckpt_path=checkpoint if checkpoint.is_file() else None, weights_only=True)
        except (RuntimeError, KeyError, EOFError, pickle.UnpicklingError) as error:
            if not checkpoint.is_file():
                raise
            raise TrainingError(
                f"The checkpoint {checkpoint} is damaged or of another run. Delete it, or train without --resume."
            ) from error
        except SystemExit:
            # Lightning answers Ctrl-C by ending the whole program.
            raise KeyboardInterrupt from None
    if trainer.global_rank > 0:
        raise SystemExit(0)  # the first process judges and exports
    network: Astann = training.network.cpu().eval()
    return network


def fast_bfloat16() -> bool:
    """Whether this machine computes in bfloat16 at speed: a GPU, or a processor with the instructions for it."""
    return torch.cuda.is_available() or torch.cpu._is_avx512_bf16_supported()


def forward_fast(network: Astann, maps: Tensor, present: Tensor) -> AstannOutput:
    """A training step's look, in bfloat16 where the machine is fast at it; the answers are ``float32`` all the same."""
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast_bfloat16()):
        out = network(maps, present)
    return AstannOutput(*(part.float() for part in out))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without Lightning's advice to users of Lightning."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")  # the clips are in memory
        warnings.filterwarnings("ignore", message=".*number of training batches .* is smaller than the logging.*")
        warnings.filterwarnings("ignore", message=".*LeafSpec.* is deprecated.*")  # Lightning's own use of torch
        warnings.filterwarnings("ignore", message=".*Checkpoint directory .* exists and is not empty.*")
        try:
            yield
        finally:
            logger.setLevel(level)


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a network says of clips.

    Attributes:
        emotion: Logits ``float32 [n, 4]``.
        action_units: Logits ``float32 [n, 15]``.
        spatial: Attention ``float32 [n, 3, 16, 16]``.
        temporal: Attention ``float32 [n, 3]``.
    """

    emotion: npt.NDArray[np.float32]
    action_units: npt.NDArray[np.float32]
    spatial: npt.NDArray[np.float32]
    temporal: npt.NDArray[np.float32]


def predict(
    network: Astann, maps: npt.NDArray[np.floating[Any]], present: npt.NDArray[np.float32] | None = None
) -> Predictions:
    """Runs a network over clips.

    Args:
        network: The network; it is put into evaluation mode.
        maps: ``[n, 3, 4, 64, 64]``, at least one.
        present: ``float32 [n, 3]``; default all key frames.
    """
    network.eval()
    shown = np.ones(maps.shape[:2], np.float32) if present is None else present
    parts = []
    with torch.inference_mode():
        for start in range(0, len(maps), 256):
            block = slice(start, start + 256)
            out = network(torch.from_numpy(maps[block]).float(), torch.from_numpy(shown[block]))
            parts.append([t.float().numpy() for t in (out.emotion, out.action_units, out.spatial, out.temporal)])
    return Predictions(*(np.concatenate(column) for column in zip(*parts, strict=True)))
