from dataclasses import replace

import numpy as np
import pytest
import torch

from model.astann import Astann, AstannSettings
from model.export import export_onnx, load_astann
from training.augment import augment, corrupt
from training.clipset import ClipArrays
from training.fit import CHECKPOINT, AstannTraining, Devices, FitSettings, TrainingError, fit, predict
from training.networks import load_network
from training.regions import displaced_region

SMALL = FitSettings(epochs=2, batch=32)


def test_augmentation_mirrors_motion_and_masks_key_frames():
    torch.manual_seed(0)
    maps = torch.rand(400, 3, 4, 64, 64) + 0.1
    kept = maps.clone()
    new = augment(maps, published=0.0)
    torch.testing.assert_close(maps, kept)
    whole = ~new.corrupted.any(dim=1)
    assert 0.4 < new.mirrored.float().mean() < 0.6
    flipped, straight = new.mirrored & whole, ~new.mirrored & whole
    torch.testing.assert_close(new.maps[flipped][:, 1, 1], -kept[flipped][:, 1, 1].flip(-1))
    torch.testing.assert_close(new.maps[flipped][:, 1, 2], kept[flipped][:, 1, 2].flip(-1))
    torch.testing.assert_close(new.maps[straight][:, 1, 1:], kept[straight][:, 1, 1:])
    assert 0.1 < (new.present[:, 2] == 0).float().mean() < 0.3
    assert (new.present[:, :2] == 1).all()


def test_a_spoilt_key_frame_shows_something_else():
    torch.manual_seed(0)
    maps = torch.rand(50, 3, 4, 64, 64)
    which = torch.zeros(50, 3, dtype=torch.bool)
    which[:, 2] = True
    spoilt = corrupt(maps, which)
    different = (spoilt - maps[:, 2]).abs().amax(dim=(1, 2, 3)) > 0.1
    assert different.float().mean() > 0.9  # now and then a clip is its own donor
    assert (spoilt[:, 3] >= 0).all()


def test_published_clips_have_no_picture_and_no_onset():
    torch.manual_seed(0)
    new = augment(torch.randn(60, 3, 4, 64, 64), published=1.0)
    assert not new.maps[:, :, 0].any()
    assert not new.maps[:, 0].any()
    assert (new.present[:, 0] == 0).all()
    assert 0.2 < (new.present[:, 2] == 0).float().mean() < 0.6


def test_training_makes_the_loss_fall_and_is_the_same_every_time(fields, tmp_path):
    one = fit(fields, SMALL, tmp_path / "one", progress=False)
    other = fit(fields, SMALL, tmp_path / "other", progress=False)
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b)
    longer = fit(fields, replace(SMALL, epochs=12), tmp_path / "longer", progress=False)
    right = [(predict(n, fields.maps).emotion.argmax(axis=1) == fields.emotion).mean() for n in (one, longer)]
    assert right[1] > max(0.6, right[0])
    assert list((tmp_path / "one").rglob("events.out.tfevents*"))


def test_an_interrupted_run_goes_on_as_if_it_had_never_stopped(fields, tmp_path, monkeypatch):
    settings = replace(SMALL, epochs=3)
    through = fit(fields, settings, tmp_path / "through", progress=False)
    original = AstannTraining.training_step
    stop_at = 4  # in the second epoch of three steps each

    def stopping(self, batch, index):
        if self.global_step == stop_at:
            raise KeyboardInterrupt
        return original(self, batch, index)

    with monkeypatch.context() as pressed:
        pressed.setattr(AstannTraining, "training_step", stopping)
        with pytest.raises(KeyboardInterrupt):
            fit(fields, settings, tmp_path / "stopped", progress=False)
    assert (tmp_path / "stopped" / CHECKPOINT).is_file()
    resumed = fit(fields, settings, tmp_path / "stopped", resume=True, progress=False)
    for a, b in zip(through.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_a_damaged_checkpoint_is_named(fields, tmp_path):
    tmp_path.joinpath(CHECKPOINT).write_bytes(b"no checkpoint")
    with pytest.raises(TrainingError, match=r"last\.ckpt .*--resume"):
        fit(fields, SMALL, tmp_path, resume=True, progress=False)


@pytest.mark.parametrize("part", ["spatial", "temporal", "image", "strain", "standardised", "keeps_position"])
def test_a_network_without_a_part_trains_and_does_without_it(fields, tmp_path, part):
    network = fit(fields, replace(SMALL, epochs=1, network=AstannSettings(**{part: False})), tmp_path, progress=False)
    said = predict(network, fields.maps[:8])
    assert np.isfinite(said.emotion).all()
    if part == "spatial":
        np.testing.assert_allclose(said.spatial, 1.0)
    if part == "temporal":
        np.testing.assert_allclose(said.temporal, 1 / 3, atol=1e-6)
    changed = fields.maps[:8].copy()
    if part in {"image", "strain"}:
        changed[:, :, 0 if part == "image" else 3] += np.random.default_rng(0).normal(0, 1, (8, 3, 64, 64))
        np.testing.assert_allclose(predict(network, changed).emotion, said.emotion, atol=1e-5)


def test_an_exported_network_and_a_checkpoint_are_the_network_that_was_trained(fields, tmp_path):
    network = fit(fields, SMALL, tmp_path, progress=False)
    export_onnx(network, tmp_path / "n.onnx", temperature=1.7)
    expected = predict(network, fields.maps[:16]).emotion
    for loaded in (load_astann(tmp_path / "n.onnx"), load_network(tmp_path / CHECKPOINT)):
        np.testing.assert_allclose(predict(loaded, fields.maps[:16]).emotion, expected, atol=1e-4)


def test_displaced_regions_are_where_the_skin_moved(fields):
    regions = displaced_region(fields.displacement)
    still = fields.peak == 0
    assert not regions[still].any()
    assert regions[~still].any(axis=(1, 2)).all()
    assert regions[~still].mean() < 0.5


def test_region_of_a_single_point():
    field = np.zeros((1, 64, 64, 2), np.float16)
    field[0, 10, 50] = 1.0
    assert np.argwhere(displaced_region(field)[0]).tolist() == [[2, 12]]


def test_the_clips_of_a_class_that_is_absent_do_not_count(fields, tmp_path):
    one_class = fields.picked(fields.emotion == 0)
    network = fit(ClipArrays.joined([one_class]), replace(SMALL, epochs=1), tmp_path, progress=False)
    assert np.isfinite(predict(network, one_class.maps).emotion).all()


def test_two_processes_train_one_network_nearly_as_one_does(fields, tmp_path):
    # After two epochs chance (each process draws its own augmentation) is as large as what was learnt.
    settings = FitSettings(epochs=6, batch=24)
    alone = fit(fields, settings, tmp_path / "alone", progress=False)
    together = fit(fields, settings, tmp_path / "together", progress=False, devices=Devices(2))
    assert (tmp_path / "together" / CHECKPOINT).is_file()
    torch.manual_seed(0)
    start = Astann(settings.network)
    own, other, first = (predict(network, fields.maps).emotion for network in (alone, together, start))
    assert np.abs(other - own).mean() < 0.5 * np.abs(other - first).mean()
