"""Everything that is measured of a trained network, for its card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import expit, softmax

from model.astann import Astann
from model.labels import ACTION_UNITS, EMOTIONS
from model.representation import Representation
from training.calibration import action_unit_shifts, fit_temperature, none_shift, unsure_threshold
from training.clipset import ClipArrays
from training.fit import Predictions, predict
from training.metrics import Bin, Figures, judge, reliability
from training.people import People
from training.pool import Progress
from training.recordings import recordings_in
from training.trials.attention import AttentionFigures, judge_attention
from training.trials.curves import JUDGED_RANGE, Curve, make_curves
from training.trials.smiles import Smile, film_smiles
from training.trials.stillness import Stillness, windows_of_recordings, windows_of_talk

_SMILE_SEED: Final = 0
_SMILE_AUS: Final = (6, 12)
# Training persons, whose talk settles the network, say other things than those who are judged.
_JUDGED_TALK_SEED: Final = 77
_SETTLING_TALK_SEED: Final = 78


@dataclass(frozen=True, slots=True)
class TrialPlan:
    """What networks are tried on besides the held-out clips.

    Attributes:
        smiles: Folder of neutral and smiling photos of persons that were never trained on.
        recordings: Folder of recordings in which nobody makes a micro-expression.
        clips: Clips of each point of a curve.
        talk_minutes: Length of the synthetic talk.
    """

    smiles: Path | None = None
    recordings: Path | None = None
    clips: int = 400
    talk_minutes: float = 10.0


@dataclass(frozen=True, slots=True)
class Trials:
    """Inputs for all trials; they depend on no network.

    Attributes:
        calibrating: Clips of one half of the held-out persons, conditions as in training.
        judged: Of the other half.
        curves: For each curve its (setting, clips), held-out persons.
        smiles: Real smiles morphed; none if no folder was named.
        still: Windows without expression, of recordings and of synthetic talk.
        settling: Windows in which training persons talk: nothing is judged by them.
    """

    calibrating: ClipArrays
    judged: ClipArrays
    curves: dict[str, Curve]
    smiles: list[Smile]
    still: list[Stillness]
    settling: tuple[Representation, ...]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Figures at one setting of a curve."""

    setting: str
    macro_f1: float
    au_f1: float


@dataclass(frozen=True, slots=True)
class SmileFigures:
    """How morphed smiles were called.

    Attributes:
        pairs: Persons.
        spotted: Persons whose smile was spotted at all.
        right: Persons whose smile was called positive with AU12 or AU6 on top.
    """

    pairs: int
    spotted: int
    right: int


@dataclass(frozen=True, slots=True)
class StillFigures:
    """What the network saw where nobody made an expression.

    Attributes:
        name: Of the recording.
        windows: How many were looked at.
        called: Share whose likeliest class is an emotion, sure or not.
        shown: Share whose emotion the program would show: sure enough.
    """

    name: str
    windows: int
    called: float
    shown: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one network did in all trials.

    Attributes:
        temperature: Fitted on the clips of half of the held-out persons.
        unsure_below: Likewise.
        figures: On the clips of the other half.
        bins: Reliability on the same clips.
        curves: Figures along each curve.
        attention: On clips of the judged range.
        attention_clean: On those before a good camera.
        smiles: None if there were no photos.
        still: Figures of each recording without expression.
    """

    temperature: float
    unsure_below: float
    figures: Figures
    bins: tuple[Bin, ...]
    curves: dict[str, list[CurvePoint]]
    attention: AttentionFigures
    attention_clean: AttentionFigures
    smiles: SmileFigures | None
    still: tuple[StillFigures, ...]


def prepare_trials(
    people: People, plan: TrialPlan, held_out: ClipArrays, persons: npt.NDArray[np.int64], cache: Path, stage: Progress
) -> Trials:
    """Makes the inputs of all trials.

    Args:
        people: The held-out ones are filmed for what is judged, the training ones while they talk.
        plan: What to make.
        held_out: Their clips under the conditions of training.
        persons: Whom each of these clips shows, ``int64 [n]``.
        cache: Folder for clips.
        stage: Opens a progress bar.
    """
    still = windows_of_recordings(recordings_in(plan.recordings), stage("recordings")) if plan.recordings else []
    talk = windows_of_talk(people.held_out, plan.talk_minutes, _JUDGED_TALK_SEED, stage("synthetic talk"))
    settling = windows_of_talk(
        people.training, plan.talk_minutes, _SETTLING_TALK_SEED, stage("talk of training persons")
    )
    # Calibrated on every other person (of a single one, every other clip) and judged on the rest, so that the
    # calibration error is no promise to itself.
    halves = persons if len(people.held_out) > 1 else np.arange(len(persons))
    calibrating = halves % 2 == 0
    return Trials(
        held_out.picked(calibrating),
        held_out.picked(~calibrating),
        make_curves(people.held_out, plan.clips, cache, stage("clips for the curves")),
        film_smiles(plan.smiles, _SMILE_SEED, stage("morphed smiles")) if plan.smiles else [],
        [s for s in (*still, talk) if s.windows],
        settling.windows,
    )


def settle_action_units(network: Astann, clips: ClipArrays) -> None:
    """Shifts the network's AU logits in place so that 0.5 is the best threshold on clips of training persons."""
    shifts = action_unit_shifts(predict(network, clips.maps).action_units, clips.action_units)
    with torch.no_grad():
        network.action_units.bias.add_(torch.from_numpy(shifts))


def settle_none(network: Astann, talk: Sequence[Representation]) -> None:
    """Raises the network's logit of ``none`` in place as far as talk of training persons asks for."""
    if not talk:
        return
    shift = none_shift(_say(network, talk).emotion)
    with torch.no_grad():
        network.emotion.bias[EMOTIONS.index("none")].add_(shift)


def judge_networks(
    networks: Sequence[Astann], seen: ClipArrays, trials: Trials, progress: Callable[[int, int], None]
) -> list[Judgement]:
    """Settles each network's thresholds and puts it through all trials.

    Args:
        networks: Networks of one training run, one a seed; their logits are shifted in place.
        seen: Clips of training persons.
        trials: Inputs of the trials.
        progress: Told (networks done, networks in all).
    """
    judgements = []
    for network in networks:
        settle_action_units(network, seen)
        settle_none(network, trials.settling)
        judgements.append(judge_network(network, trials))
        progress(len(judgements), len(networks))
    return judgements


def judge_network(network: Astann, trials: Trials) -> Judgement:
    """Puts one network through all trials."""
    fitted, judged = trials.calibrating, trials.judged
    logits = predict(network, fitted.maps).emotion
    temperature = fit_temperature(logits, fitted.emotion)
    unsure_below = unsure_threshold(softmax(logits / temperature, axis=1), fitted.emotion)
    said = predict(network, judged.maps)
    probabilities = softmax(said.emotion / temperature, axis=1)
    every, good = (judge_attention(network, clips) for _, clips in trials.curves[JUDGED_RANGE])
    ranges = {
        name: [_point(setting, figures_of(network, clips)) for setting, clips in curve]
        for name, curve in trials.curves.items()
    }
    return Judgement(
        temperature,
        unsure_below,
        judge(probabilities, expit(said.action_units), judged.emotion, judged.action_units),
        reliability(probabilities, judged.emotion),
        ranges,
        every,
        good,
        _smiles(network, trials.smiles) if trials.smiles else None,
        tuple(_still(network, s, temperature, unsure_below) for s in trials.still),
    )


def figures_of(network: Astann, clips: ClipArrays) -> Figures:
    """How well a network does before calibration, which changes the calibration error alone."""
    said = predict(network, clips.maps)
    return judge(softmax(said.emotion, axis=1), expit(said.action_units), clips.emotion, clips.action_units)


def _point(setting: str, figures: Figures) -> CurvePoint:
    return CurvePoint(setting, figures.emotion.uf1, figures.au_f1)


def _smiles(network: Astann, smiles: Sequence[Smile]) -> SmileFigures:
    right = 0
    for smile in smiles:
        if smile.found:
            said = _say(network, smile.found)
            on_top = [ACTION_UNITS[i] for i in said.action_units.argmax(axis=1)]
            positive = said.emotion.argmax(axis=1) == EMOTIONS.index("positive")
            right += bool(positive[0] and on_top[0] in _SMILE_AUS)
    return SmileFigures(len(smiles), sum(bool(s.found) for s in smiles), right)


def _still(network: Astann, still: Stillness, temperature: float, unsure_below: float) -> StillFigures:
    shares = softmax(_say(network, still.windows).emotion / temperature, axis=1)
    called = shares.argmax(axis=1) != EMOTIONS.index("none")
    sure = shares.max(axis=1) >= unsure_below
    return StillFigures(still.name, len(still.windows), float(called.mean()), float((called & sure).mean()))


def _say(network: Astann, inputs: Sequence[Representation]) -> Predictions:
    return predict(network, np.stack([r.maps for r in inputs]), np.stack([r.present for r in inputs]))
