import cv2
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from model.labels import ACTION_UNITS
from model.recognition import Recogniser
from model.representation import Representation
from tests.helpers import demo_portrait
from training.calibration import fit_temperature, unsure_threshold
from training.cli import app
from training.clipset import ClipSetError, ClipSetPlan, build_clipset, portraits_in, split_people
from training.fit import augment
from training.metrics import calibration_error, judge


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    """Three 'persons': the public-domain portrait, mirrored and darkened."""
    folder = tmp_path_factory.mktemp("faces")
    image = demo_portrait().image
    for name, picture in {"a": image, "b": image[:, ::-1], "c": (image * 0.7).astype(np.uint8)}.items():
        cv2.imwrite(str(folder / f"{name}.png"), picture)
    return folder


def test_persons_are_either_for_training_or_held_out(faces):
    train, held_out = split_people(portraits_in(faces))
    assert train
    assert held_out
    assert not set(train) & set(held_out)


def test_clips_are_made_once_and_reproduced(faces, tmp_path):
    plan = ClipSetPlan(faces, filmed=6, fields=4, held_out=3)
    seen = []
    train, held_out = build_clipset(plan, tmp_path / "a", lambda done, total: seen.append((done, total)), workers=1)
    assert (len(train), len(held_out)) == (10, 3)
    assert seen[-1] == (13, 13)
    seen.clear()
    build_clipset(plan, tmp_path / "a", lambda done, total: seen.append((done, total)))
    assert seen == [(13, 13)]
    again, _ = build_clipset(plan, tmp_path / "b", workers=2)
    np.testing.assert_array_equal(train.maps, again.maps)
    assert not list(tmp_path.rglob("*.writing"))


def test_a_folder_without_portraits_is_refused(tmp_path):
    with pytest.raises(ClipSetError, match="No portraits"):
        portraits_in(tmp_path)


def test_a_whole_training_run_ends_with_a_network_that_the_program_accepts(faces, tmp_path):
    arguments = ["fit", "--faces", str(faces), "--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
    small = ["--filmed", "12", "--fields", "60", "--held-out", "12", "--epochs", "1", "--seeds", "2"]
    result = CliRunner().invoke(app, [*arguments, *small], catch_exceptions=False)
    assert result.exit_code == 0
    recogniser = Recogniser(tmp_path / "out" / "astann.onnx")
    maps = np.random.default_rng(0).normal(0, 1, (3, 4, 64, 64)).astype(np.float32)
    guess = recogniser.recognise(Representation(maps, np.array([1, 1, 0], np.float32)))
    assert np.isfinite(guess.probabilities).all()
    card = (tmp_path / "out" / "astann.md").read_text(encoding="utf-8")
    assert recogniser.sha256 in card
    assert "mean ± sd" in card


def test_augmentation_mirrors_motion_and_masks_the_offset():
    torch.manual_seed(0)
    maps = torch.rand(400, 3, 4, 64, 64) + 0.1
    kept = maps.clone()
    new, present = augment(maps)
    torch.testing.assert_close(maps, kept)
    mirrored = new[:, 1, 1, 0, 0] < 0
    assert 0.4 < mirrored.float().mean() < 0.6
    torch.testing.assert_close(new[mirrored][:, 1, 1], -kept[mirrored][:, 1, 1].flip(-1))
    torch.testing.assert_close(new[mirrored][:, 1, 2], kept[mirrored][:, 1, 2].flip(-1))
    assert 0.15 < (present[:, 2] == 0).float().mean() < 0.35
    assert (present[:, :2] == 1).all()


def test_temperature_makes_overconfident_logits_calibrated():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 4000)
    honest = rng.normal(0, 1, (4000, 4)).astype(np.float32)
    honest[np.arange(4000), truth] += 1.0
    assert fit_temperature(honest * 5.0, truth) == pytest.approx(5.0 * fit_temperature(honest, truth), rel=0.02)


def test_the_threshold_is_the_lowest_that_is_right_often_enough():
    confidence = np.linspace(0.4, 0.99, 600)
    probabilities = np.stack([confidence, 1 - confidence, 0 * confidence, 0 * confidence], axis=1)
    truth = np.where(confidence > 0.7, 0, 1)  # wrong below 0.7
    # Two thirds of the band above the threshold lie above 0.7.
    assert unsure_threshold(probabilities, truth) == pytest.approx(0.7 - 0.1 / 3, abs=0.011)


def test_a_set_too_small_to_judge_gives_the_careful_threshold():
    probabilities = np.full((3, 4), 0.25)
    assert unsure_threshold(probabilities, np.zeros(3, np.int64)) == 0.95


def test_figures_of_a_hand_made_case():
    probabilities = np.eye(4)[[0, 0, 1, 2, 3, 3]].astype(np.float64)
    truth = np.array([0, 1, 1, 2, 3, 0])
    aus = np.zeros((6, len(ACTION_UNITS)))
    aus[0, 0] = 1
    figures = judge(probabilities, aus * 0.9, truth, aus)
    # F1: 0 -> 1/2, 1 -> 2/3, 2 -> 1, 3 -> 2/3
    assert figures.macro_f1 == pytest.approx((0.5 + 2 / 3 + 1 + 2 / 3) / 4)
    assert figures.uar == pytest.approx((0.5 + 0.5 + 1 + 1) / 4)
    assert figures.au_f1 == pytest.approx(1 / len(ACTION_UNITS))
    assert figures.confusion.sum() == 6
    assert calibration_error(probabilities, truth) == pytest.approx(2 / 6)
