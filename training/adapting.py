"""From a folder without labels to an adapted network with its card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import torch
from scipy.special import softmax

from model.astann import Astann
from model.export import export_onnx
from model.labels import EMOTIONS
from training.adapt import AdaptSettings, Target, adapt, check_size
from training.calibration import fit_temperature, unsure_threshold
from training.clipset import Batch, ClipArrays, make_clips
from training.derived_cards import Adaptation, Changes, write_adapted_card
from training.evaluate import three_classes
from training.fit import predict
from training.flow_maps import LABELS, is_flow_map_set, read_flow_maps
from training.judge import figures_of
from training.looks import published_look
from training.metrics import score
from training.networks import load_network
from training.people import demo_person, read_people
from training.pool import Progress
from training.recordings import find_movements, recordings_in

# Source clips: with portraits of one's own, and with the demo's portrait alone.
_WITH_FACES: Final = (4000, 4000, 800)
_WITHOUT_FACES: Final = (1500, 5000, 500)
_SEED: Final = 500


@dataclass(frozen=True, slots=True)
class _Source:
    train: ClipArrays
    held_out: ClipArrays
    said: str


def adapt_and_export(
    *,
    target: Path,
    out: Path,
    model: Path,
    method: str,
    faces: Path | None,
    cache: Path,
    seeds: int,
    stage: Progress,
    tell: Callable[[str], None],
) -> list[tuple[int, Changes]]:
    """Adapts a network to a folder, writes the new network and its card.

    Args:
        target: Unlabelled recordings, or a flow-map set (its labels are not looked at).
        out: Folder to write.
        model: The network to start from.
        method: One of `training.losses.ALIGNMENTS`.
        faces: Portraits for the source clips; None for the demo's portrait alone.
        cache: Folder for clips.
        seeds: Runs; seed 0 is exported.
        stage: Opens a progress bar.
        tell: Told about what was left out.

    Returns:
        For each seed the figures on held-out source clips.
    """
    settings = AdaptSettings(method=method)
    start = load_network(model)
    clips, refused = _target(target, stage)
    for problem in refused:
        tell(f"left out: {problem}")
    check_size(clips)  # before minutes are spent on source clips
    source = _source(faces, cache, stage)
    before = _figures(start, source.held_out, clips.published)
    results = []
    shipped: Astann | None = None
    for seed in range(seeds):
        network = load_network(model)
        adapt(network, source.train, clips, replace(settings, seed=seed), stage(f"adapting, seed {seed}"))
        after = _figures(network, source.held_out, clips.published)
        results.append((seed, {name: (value, after[name]) for name, value in before.items()}))
        shipped = shipped or network
    assert shipped is not None
    out.mkdir(parents=True, exist_ok=True)
    logits = predict(shipped, source.held_out.maps).emotion
    temperature = fit_temperature(logits, source.held_out.emotion)
    unsure = unsure_threshold(softmax(logits / temperature, axis=1), source.held_out.emotion)
    onnx = out / "astann.onnx"
    version = f"adapted by {method} to {target.resolve().name}"
    export_onnx(shipped, onnx, temperature=temperature, unsure_below=unsure, version=version)
    kind = "flow maps" if clips.published else "movements that the program found in recordings"
    write_adapted_card(
        out / "astann.md",
        Adaptation(
            onnx, version, model, target.resolve().name, f"{len(clips.maps)} {kind}", settings,
            source.said, results,
        ),
    )  # fmt: skip
    return results


def _target(folder: Path, stage: Progress) -> tuple[Target, tuple[str, ...]]:
    if is_flow_map_set(folder):
        maps = read_flow_maps(folder)
        return Target(maps.maps, maps.present, published=True), maps.refused
    found = find_movements(recordings_in(folder), stage("looking for movements in recordings"))
    return Target(found.maps, found.present, published=False), found.refused


def _source(faces: Path | None, cache: Path, stage: Progress) -> _Source:
    if faces is not None:
        people = read_people(faces, cache, stage("reading portraits"))
        training, held_out = people.training, people.held_out
        said = f"{len(training)} portraits of a folder of the user's"
    else:
        training = held_out = (demo_person(cache),)
        said = "the demo's portrait and flow fields without a portrait"
    filmed, fields, judged = _WITHOUT_FACES if faces is None else _WITH_FACES
    batches = [Batch(filmed, _SEED, training), Batch(fields, _SEED + 1), Batch(judged, _SEED + 2, held_out)]
    parts = make_clips(batches, cache, stage("synthesising source clips"))
    return _Source(ClipArrays.joined(parts[:2]), parts[2], said)


def _figures(network: Astann, clips: ClipArrays, published: bool) -> dict[str, float]:
    f = figures_of(network, clips)
    figures = {"macro F1": f.emotion.uf1, "AU F1": f.au_f1}
    if published:
        moving = clips.picked(clips.emotion != EMOTIONS.index("none"))
        torch.manual_seed(0)
        maps, present = published_look(torch.from_numpy(moving.maps).float())
        shares = three_classes(predict(network, maps.numpy(), present.numpy()).emotion)
        figures["UF1 as flow maps"] = score(moving.emotion, shares.argmax(axis=1), len(LABELS)).uf1
    return figures
