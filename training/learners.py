"""Every method that protocols compare, behind one interface."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from assets import ASTANN_ONNX
from model.astann import FC1_SIZE, Astann, AstannSettings, mirror
from model.errors import FleetingError
from model.labels import ACTION_UNITS, EMOTIONS
from training.activations import Activations, JudgedNetwork
from training.augment import mirrored
from training.baselines.flow_networks import FlowResNet18, OffApexNet, Ststnet
from training.baselines.lbp_top import fit_and_judge, lbp_top
from training.databases.check import LABELS
from training.losses import ALIGNMENTS
from training.networks import load_network
from training.protocols import ACTION_UNITS_JUDGED, Task, Unlabelled

ADAPTATIONS: Final = ("none", "coral", "mmd", "dann")
# A covariance of fewer target clips says nothing: such folds are learnt without alignment, and the report says so.
FEWEST_ALIGNED: Final = 8
_LABEL_SMOOTHING: Final = 0.1
# Looks at a network's speed: the median of so many single clips.
_TIMED: Final = 20

Array = npt.NDArray[np.float32]


class MethodError(FleetingError):
    """A method cannot be run."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a method says of the clips it is judged on.

    Attributes:
        shares: ``float32 [n, k]``, 0-1.
        parameters: Weights and biases that were learnt.
        milliseconds: For one clip, median.
        network: What was learnt, if it is an ASTANN and can be exported.
    """

    shares: Array
    parameters: int
    milliseconds: float
    network: Astann | None = None


class Learner(Protocol):
    """A method: learns from a task's labelled clips and judges its target."""

    def judge(self, task: Task, seed: int) -> Verdict:
        """The same task and seed give the same verdict."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a network is trained; fixed beforehand, the same for every task.

    Attributes:
        epochs: Passes over the labelled clips; the last one is taken.
        batch: Labelled clips a step, and as many of the target if it is aligned.
        learning_rate: Peak of the one-cycle schedule (AdamW).
        weight_decay: Of AdamW.
        keeps_statistics: Whether batch normalisation keeps what it knows: a few hundred clips would shake what many
            taught it.
    """

    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float
    keeps_statistics: bool = False


# From random weights, and from weights that know synthetic movements already.
_FROM_SCRATCH: Final = Schedule(epochs=40, batch=32, learning_rate=1e-3, weight_decay=1e-2)
_FINETUNED: Final = Schedule(epochs=12, batch=32, learning_rate=1e-3, weight_decay=1e-2, keeps_statistics=True)


class AstannHead(JudgedNetwork):
    """ASTANN with those of its outputs that a protocol judges.

    Args:
        network: The network.
        exclusive: Whether emotions are judged, or action units.
    """

    hidden = FC1_SIZE
    both_ways = True

    def __init__(self, network: Astann, exclusive: bool) -> None:
        super().__init__()
        self.network = network
        picked = (
            [EMOTIONS.index(n) for n in LABELS] if exclusive else [ACTION_UNITS.index(u) for u in ACTION_UNITS_JUDGED]
        )
        self._picked = picked
        self._exclusive = exclusive

    def forward(self, maps: Tensor, present: Tensor) -> Activations:
        out = self.network(maps, present)
        return Activations(out.fc1, (out.emotion if self._exclusive else out.action_units)[:, self._picked])


@dataclass(frozen=True, slots=True)
class NetworkLearner:
    """A network that is trained on the labelled clips while its statistics on the target are aligned.

    Attributes:
        make: The network for a number of classes and for emotions (True) or action units.
        schedule: How it is trained.
        adaptation: One of `ADAPTATIONS`.
        start: File of the weights that it starts from; None for random ones.
    """

    make: Callable[[int, bool], JudgedNetwork]
    schedule: Schedule
    adaptation: str = "none"
    start: Path | None = None

    def judge(self, task: Task, seed: int) -> Verdict:
        torch.manual_seed(seed)
        exclusive = task.train.exclusive
        network = self.make(task.train.labels.shape[1], exclusive)
        self._train(network, task, np.random.default_rng(seed))
        network.eval()
        shares, milliseconds = _judged(network, task.target, exclusive)
        kept = network.network if isinstance(network, AstannHead) else None
        return Verdict(shares, sum(p.numel() for p in network.parameters()), milliseconds, kept)

    def _train(self, network: JudgedNetwork, task: Task, chance: np.random.Generator) -> None:
        s = self.schedule
        labels = torch.from_numpy(task.train.labels)
        batch = min(s.batch, len(labels))
        steps = s.epochs * (len(labels) // batch)
        make, weight = ALIGNMENTS[self.adaptation]
        alignment = make(network.hidden)
        parameters = [*network.parameters(), *alignment.parameters()]
        optimiser = torch.optim.AdamW(parameters, lr=s.learning_rate, weight_decay=s.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, s.learning_rate, total_steps=steps)
        loss_of = _loss(labels, task.train.exclusive)
        aligned = weight > 0.0 and len(task.target) >= FEWEST_ALIGNED
        network.train()
        for layer in network.modules():
            if s.keeps_statistics and isinstance(layer, nn.BatchNorm2d):
                layer.eval()
        for picked in _batches(len(labels), batch, s.epochs, chance):
            maps, present = _shown(task.train.clips, picked, chance)
            if aligned:
                drawn = chance.integers(0, len(task.target), batch)
                theirs, there = _shown(task.target, drawn, chance)
                maps, present = torch.cat([maps, theirs]), torch.cat([present, there])
            out = network(maps, present)
            loss = loss_of(out.emotion[: len(picked)], labels[picked])
            if aligned:
                own = Activations(*(part[: len(picked)] for part in out))
                other = Activations(*(part[len(picked) :] for part in out))
                loss = loss + weight * alignment(own, other)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves backward untyped
            optimiser.step()
            schedule.step()


class LbpTop:
    """LBP-TOP and a linear support vector machine; nothing in it depends on the seed."""

    def judge(self, task: Task, seed: int) -> Verdict:
        own = np.stack([lbp_top(sequence) for sequence in task.train.clips.sequences])
        theirs, seconds = [], []
        for sequence in task.target.sequences:
            began = time.perf_counter()
            theirs.append(lbp_top(sequence))
            seconds.append(time.perf_counter() - began)
        shares = fit_and_judge(own, task.train.labels, np.stack(theirs), task.train.exclusive)
        return Verdict(shares, (own.shape[1] + 1) * shares.shape[1], 1000 * float(np.median(seconds)))


@dataclass(frozen=True, slots=True)
class Method:
    """A line of the table.

    Attributes:
        name: As on the command line.
        title: In the report.
        learner: The method.
        adapts: Whether it can be combined with `ADAPTATIONS`.
    """

    name: str
    title: str
    learner: Learner
    adapts: bool = True

    def with_adaptation(self, adaptation: str) -> Learner:
        """The method with its statistics aligned.

        Raises:
            MethodError: If it cannot be.
        """
        if adaptation == "none":
            return self.learner
        if not isinstance(self.learner, NetworkLearner):
            raise MethodError(f"The method {self.name} has no layer that could be aligned; use --adaptation none.")
        return replace(self.learner, adaptation=adaptation)


def _pretrained(model: Path) -> NetworkLearner:
    return NetworkLearner(
        lambda _classes, exclusive: AstannHead(load_network(model), exclusive), _FINETUNED, start=model
    )


def _fresh(settings: AstannSettings | None = None) -> Callable[[int, bool], JudgedNetwork]:
    return lambda _classes, exclusive: AstannHead(Astann(settings), exclusive)


METHODS: Final = {
    method.name: method
    for method in (
        Method("astann", "ASTANN, synthetic pretraining", _pretrained(ASTANN_ONNX)),
        Method("astann-scratch", "ASTANN from random weights", NetworkLearner(_fresh(), _FROM_SCRATCH)),
        Method(
            "astann-no-spatial",
            "... without spatial attention",
            NetworkLearner(_fresh(AstannSettings(spatial=False)), _FROM_SCRATCH),
        ),
        Method(
            "astann-no-temporal",
            "... without temporal attention",
            NetworkLearner(_fresh(AstannSettings(temporal=False)), _FROM_SCRATCH),
        ),
        Method(
            "astann-no-image",
            "... without the facial image",
            NetworkLearner(_fresh(AstannSettings(image=False)), _FROM_SCRATCH),
        ),
        Method("lbp-top", "LBP-TOP, linear SVM", LbpTop(), adapts=False),
        Method("off-apexnet", "OFF-ApexNet", NetworkLearner(lambda classes, _: OffApexNet(classes), _FROM_SCRATCH)),
        Method("ststnet", "STSTNet", NetworkLearner(lambda classes, _: Ststnet(classes), _FROM_SCRATCH)),
        Method(
            "resnet18", "ResNet-18 on flow", NetworkLearner(lambda classes, _: FlowResNet18(classes), _FROM_SCRATCH)
        ),
    )
}
"""Every method by its name."""


def _batches(count: int, batch: int, epochs: int, chance: np.random.Generator) -> Iterator[npt.NDArray[np.int64]]:
    for _ in range(epochs):
        order = chance.permutation(count)
        for start in range(0, count - batch + 1, batch):
            yield order[start : start + batch]


def _shown(clips: Unlabelled, picked: npt.NDArray[np.int64], chance: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Some clips as the network sees them in training: half of them mirrored."""
    maps = torch.from_numpy(clips.maps[picked]).float()
    return mirrored(maps, torch.from_numpy(chance.random(len(picked)) < 0.5)), torch.from_numpy(clips.present[picked])


def _loss(labels: Tensor, exclusive: bool) -> Callable[[Tensor, Tensor], Tensor]:
    """Classes count alike, however many clips they have; those without any do not count."""
    counts = labels.sum(dim=0)
    if exclusive:
        weights = torch.where(counts > 0, len(labels) / counts.clamp(min=1), 0.0)
        weights = weights / (counts > 0).sum()
        return lambda logits, truth: nn.functional.cross_entropy(
            logits, truth.argmax(dim=1), weight=weights, label_smoothing=_LABEL_SMOOTHING
        )
    rarity = ((len(labels) - counts) / counts.clamp(min=1)).clamp(max=10.0).sqrt()
    return lambda logits, truth: nn.functional.binary_cross_entropy_with_logits(logits, truth, pos_weight=rarity)


def _judged(network: JudgedNetwork, clips: Unlabelled, exclusive: bool) -> tuple[Array, float]:
    """Shares ``[n, k]``, each clip seen as it is and mirrored; and milliseconds for a single clip."""
    maps, present = torch.from_numpy(clips.maps).float(), torch.from_numpy(clips.present)
    views = [maps] if network.both_ways else [maps, mirror(maps)]
    with torch.inference_mode():
        logits = torch.stack([network(view, present).emotion for view in views]).mean(dim=0)
        seconds = []
        for _ in range(_TIMED):
            began = time.perf_counter()
            network(maps[:1], present[:1])
            seconds.append(time.perf_counter() - began)
    shares = torch.softmax(logits, dim=1) if exclusive else torch.sigmoid(logits)
    return shares.numpy(), 1000 * float(np.median(seconds))
