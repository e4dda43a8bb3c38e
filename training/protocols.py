"""Cross-database protocols: who is learnt from, who is judged, and what a learner may know of them.

A learner is handed `Task`: labelled clips to learn from, and the clips it is judged on as `Unlabelled`, a type without
labels. The answers stay in the `Protocol`, which alone can score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from model.errors import FleetingError
from training.databases.casme2 import CASME2
from training.databases.casme3 import CASME3
from training.databases.check import LABELS, READERS
from training.databases.clip import Clip
from training.databases.fourdme import FOURDME
from training.databases.mmew import MMEW
from training.databases.samm import SAMM

ACTION_UNITS_JUDGED: Final = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17)
"""The units of CD6ME."""
_LETTERS: Final = {"C": CASME2.name, "H": "SMIC-HS", "V": "SMIC-VIS", "N": "SMIC-NIR"}
_TYPE_I: Final = ("HV", "VH", "HN", "NH", "VN", "NV")
_TYPE_II: Final = ("CH", "HC", "CV", "VC", "CN", "NC")
_C_H: Final = ("CH", "HC")
_COMPOSITE: Final = ("SMIC-HS", CASME2.name, SAMM.name)
# CD6ME also takes CASME, whose layout this program does not read.
_CODED: Final = tuple(coded.name for coded in (CASME2, SAMM, CASME3, MMEW, FOURDME))
# VIS and NIR filmed the same moments side by side.
_SAME_MOMENTS: Final = frozenset({"SMIC-VIS", "SMIC-NIR"})

Array = npt.NDArray[np.float32]


class ProtocolError(FleetingError):
    """A protocol cannot be run with the databases at hand."""


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """Clips as a learner sees them that is judged on them.

    Attributes:
        maps: ``float16 [n, 3, 4, 64, 64]``.
        present: ``float32 [n, 3]``.
        sequences: ``uint8 [n, 16, 128, 128]``.
    """

    maps: npt.NDArray[np.float16]
    present: Array
    sequences: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.maps)

    def picked(self, which: npt.NDArray[np.int64]) -> Unlabelled:
        """Some of the clips, by index."""
        return Unlabelled(self.maps[which], self.present[which], self.sequences[which])


@dataclass(frozen=True, slots=True)
class Labelled:
    """Clips to learn from.

    Attributes:
        clips: What they look like.
        labels: ``float32 [n, k]``: 1 for each class that applies.
        exclusive: Whether exactly one class applies to each clip (emotions), or any number (action units).
    """

    clips: Unlabelled
    labels: Array
    exclusive: bool

    def __len__(self) -> int:
        return len(self.clips)


@dataclass(frozen=True, slots=True)
class Task:
    """What a learner is given.

    Attributes:
        train: To learn from.
        target: To be judged on; its statistics may be used, since everybody who judges has them.
    """

    train: Labelled
    target: Unlabelled


@dataclass(frozen=True, slots=True)
class Fold:
    """One split of the clips.

    Attributes:
        name: For instance ``H→V`` or the subject who is left out.
        group: Folds of one group are pooled before anything is scored.
        train: Indices of the clips to learn from.
        test: Indices of the clips that are judged.
        remark: What a reader of its score must know.
    """

    name: str
    group: str
    train: npt.NDArray[np.int64]
    test: npt.NDArray[np.int64]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Protocol:
    """A published way of judging.

    Attributes:
        name: As on the command line.
        title: What it is.
        databases: Those it needs.
        exclusive: Whether it judges emotions (exactly one a clip) or action units.
        split: From the clips to the folds.
    """

    name: str
    title: str
    databases: tuple[str, ...]
    exclusive: bool
    split: Callable[[Sequence[Clip]], Iterator[Fold]]
    every: bool = True
    """Whether each of the databases must be there; else those that are."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return LABELS if self.exclusive else tuple(f"AU{unit}" for unit in ACTION_UNITS_JUDGED)

    def usable(self, clip: Clip) -> bool:
        """Whether the protocol judges or learns from a clip."""
        if clip.database not in self.databases:
            return False
        return clip.label is not None if self.exclusive else True

    def answers(self, clips: Sequence[Clip]) -> Array:
        """The truth, ``float32 [n, k]``."""
        if self.exclusive:
            return np.array([[clip.label == label for label in LABELS] for clip in clips], dtype=np.float32)
        coded = [{unit.number for unit in clip.action_units} for clip in clips]
        return np.array([[unit in own for unit in ACTION_UNITS_JUDGED] for own in coded], dtype=np.float32)

    def folds(self, clips: Sequence[Clip]) -> list[Fold]:
        """The splits of clips that are all `usable`.

        Raises:
            ProtocolError: If a database that it needs is missing, or there is nothing to leave out.
        """
        held = {clip.database for clip in clips}
        missing = [name for name in self.databases if name not in held]
        if missing and self.every:
            raise ProtocolError(
                f"The protocol {self.name} needs {', '.join(self.databases)}; no usable clip of "
                f"{', '.join(missing)} was found. `training databases check` says what was."
            )
        found = [fold for fold in self.split(clips) if len(fold.train) and len(fold.test)]
        if not found:
            raise ProtocolError(
                f"The protocol {self.name} has nothing to compare: all clips at hand are of one database or subject."
            )
        return found


def task(fold: Fold, clips: Unlabelled, answers: Array, exclusive: bool) -> Task:
    """What a learner gets of a fold: of the judged clips, no answer."""
    return Task(Labelled(clips.picked(fold.train), answers[fold.train], exclusive), clips.picked(fold.test))


def _pairs(letters: Sequence[str]) -> Callable[[Sequence[Clip]], Iterator[Fold]]:
    def split(clips: Sequence[Clip]) -> Iterator[Fold]:
        for letter in letters:
            pair = (_LETTERS[letter[0]], _LETTERS[letter[1]])
            name = f"{letter[0]}→{letter[1]}"
            remark = "the same moments through two cameras, not subject-independent" if {*pair} == _SAME_MOMENTS else ""
            yield Fold(name, name, _of(clips, {pair[0]}), _of(clips, {pair[1]}), remark)

    return split


def _subjects(clips: Sequence[Clip]) -> Iterator[Fold]:
    everyone = [(clip.database, clip.subject) for clip in clips]
    for person in sorted(set(everyone)):
        own = np.array([other == person for other in everyone])
        yield Fold(" ".join(person), "composite", np.flatnonzero(~own), np.flatnonzero(own))


def _databases(clips: Sequence[Clip]) -> Iterator[Fold]:
    held = {clip.database for clip in clips}
    for database in sorted(held):
        # The other camera's view of the same moments is no other database.
        twins = _SAME_MOMENTS if database in _SAME_MOMENTS else {database}
        yield Fold(f"→ {database}", f"→ {database}", _of(clips, held - twins), _of(clips, {database}))


def _of(clips: Sequence[Clip], databases: Set[str]) -> npt.NDArray[np.int64]:
    return np.flatnonzero([clip.database in databases for clip in clips])


def _named(letters: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_LETTERS[letter] for pair in letters for letter in pair))


PROTOCOLS: Final = {
    protocol.name: protocol
    for protocol in (
        Protocol("type-1", "CDMER TYPE-I: between the cameras of SMIC", _named(_TYPE_I), True, _pairs(_TYPE_I)),
        Protocol("type-2", "CDMER TYPE-II: between CASME II and SMIC", _named(_TYPE_II), True, _pairs(_TYPE_II)),
        Protocol(
            "cdmer",
            "CDMER: all twelve tasks of TYPE-I and TYPE-II",
            _named((*_TYPE_I, *_TYPE_II)),
            True,
            _pairs((*_TYPE_I, *_TYPE_II)),
        ),
        Protocol("c-h", "between CASME II and SMIC-HS", _named(_C_H), True, _pairs(_C_H)),
        Protocol("megc2019", "MEGC2019 composite: one subject is left out", _COMPOSITE, True, _subjects),
        Protocol("hold-out", "one database is left out", tuple(READERS), True, _databases, every=False),
        Protocol("cd6me", "CD6ME: one database is left out, 12 action units", _CODED, False, _databases, every=False),
    )
}
"""Every protocol by its name."""
