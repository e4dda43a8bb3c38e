"""How fast clips are made and learnt from."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import torch

from model.astann import Astann
from tests.bench.pipeline import Row
from training.augment import augment
from training.clipset import Batch, make_clips
from training.losses import label_loss
from training.people import demo_person

_FILMED = 400
_FIELDS = 2000
_BATCH = 32
_STEPS = 60


def synthesis() -> list[Row]:
    """Clips per second on all cores, starting the processes included."""
    cores = os.cpu_count() or 1
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        people = (demo_person(cache),)
        for kind, batch in (
            ("filmed, through the whole pipeline", Batch(_FILMED, 0, people)),
            ("flow fields", Batch(_FIELDS, 0)),
        ):
            start = time.perf_counter()
            make_clips([batch], cache)
            rows.append({"clips": kind, "cores": cores, "per second": batch.count / (time.perf_counter() - start)})
    return rows


def steps() -> list[Row]:
    """Clips per second in training steps, with and without their augmentation, in 32 and in 16 bits."""
    network = Astann()
    network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters())
    maps = torch.randn(_BATCH, 3, 4, 64, 64)
    emotion, aus = torch.randint(0, 4, (_BATCH,)), torch.randint(0, 2, (_BATCH, 15)).float()
    rows: list[Row] = []
    for name, bits16, augmented in (
        ("float32", False, True),
        ("bfloat16", True, True),
        ("no augmentation", True, False),
    ):
        present = torch.ones(_BATCH, 3)
        start = time.perf_counter()
        for _ in range(_STEPS):
            shown = maps
            if augmented:
                clips = augment(maps)
                shown, present = clips.maps, clips.present
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bits16):
                loss = label_loss(network(shown, present), emotion, aus).total
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        rows.append({"training": name, "clips per second": _BATCH * _STEPS / (time.perf_counter() - start)})
    return rows
