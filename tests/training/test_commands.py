"""The commands as a person runs them, on miniature sets."""

import csv
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from typer.testing import CliRunner

from model.errors import FleetingError
from model.recognition import Recogniser
from model.representation import Representation
from tests.helpers import SHARED_DATA, demo_portrait, write_video
from training.cli import app
from training.fit import CHECKPOINT
from training.networks import load_network

SMALL = ["--filmed", "12", "--fields", "48", "--held-out", "24", "--trial-clips", "4", "--talk-minutes", "0.05"]


def run(*arguments):
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def trained(faces, tmp_path_factory):
    """Two seeds of one epoch, with everything that `fit` writes."""
    folder = tmp_path_factory.mktemp("trained")
    cache = folder / "cache"
    run("fit", "--faces", faces, "--out", folder / "out", "--cache", cache, "--epochs", 1, "--seeds", 2, *SMALL)
    return folder


def test_a_training_run_ends_with_a_network_that_the_program_accepts(trained):
    recogniser = Recogniser(trained / "out" / "astann.onnx")
    maps = np.random.default_rng(0).normal(0, 1, (3, 4, 64, 64)).astype(np.float32)
    guess = recogniser.recognise(Representation(maps, np.array([1, 1, 0], np.float32)))
    assert np.isfinite(guess.probabilities).all()
    assert (trained / "out" / "astann.onnx").stat().st_size < 4e6
    names = {node.name for node in onnx.load(str(trained / "out" / "astann.onnx")).graph.node}
    assert not any(str(Path(__file__).parents[2]) in name or "site-packages" in name for name in names)


def test_the_card_tells_the_figures_of_every_seed_and_all_trials(trained):
    card = (trained / "out" / "astann.md").read_text(encoding="utf-8")
    assert Recogniser(trained / "out" / "astann.onnx").sha256 in card
    for words in ("mean ± sd", "Over amplitude", "0.3 %", "Over frame rate", "200 fps", "H.264 crf 36", "Attention"):
        assert words in card
    for words in (
        "Calibration",
        "Nobody makes an expression",
        "no photos were named",
        "what it does not",
        "12 clips filmed",
    ):
        assert words in card


def test_a_finished_run_is_judged_again_without_training(trained, faces):
    networks = [load_network(trained / "out" / "astann.onnx")]
    (trained / "out" / "astann.onnx").unlink()
    stamps = [p.stat().st_mtime_ns for p in sorted((trained / "out").glob(f"seed-*/{CHECKPOINT}"))]
    run("fit", "--resume", "--faces", faces, "--out", trained / "out", "--cache", trained / "cache", "--epochs", 1,
        "--seeds", 2, *SMALL)  # fmt: skip
    networks.append(load_network(trained / "out" / "astann.onnx"))
    for a, b in zip(*(network.state_dict().values() for network in networks), strict=True):
        torch.testing.assert_close(a, b)
    assert [p.stat().st_mtime_ns for p in sorted((trained / "out").glob(f"seed-*/{CHECKPOINT}"))] == stamps


def test_a_flow_map_set_is_made_and_evaluated(trained, faces, tmp_path):
    run("synthesise-maps", "--faces", faces, "--out", tmp_path / "set", "--cache", trained / "cache", "--clips", 5,
        "--flow", "farneback")  # fmt: skip
    model = trained / "out" / "seed-1" / CHECKPOINT
    output = run("evaluate", "--set", tmp_path / "set", "--model", model, "--predictions", tmp_path / "p.csv")
    for words in ("UF1", "UAR", "majority", "synthetic", "all", "confusion"):
        assert words in output
    with (tmp_path / "p.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 5


def test_fine_tuning_reports_every_seed(trained, map_folder):
    model = trained / "out" / "astann.onnx"
    output = run("evaluate", "--set", map_folder, "--model", model, "--finetune", "--epochs", 1, "--seeds", 2)
    assert "mean ± sd" in output
    assert "confusion" in output


def test_adapting_to_flow_maps_writes_a_network_and_its_card(trained, faces, map_folder, tmp_path, monkeypatch):
    import training.adapting
    from training.adapt import AdaptSettings

    monkeypatch.setattr(training.adapting, "_WITH_FACES", (8, 24, 16))
    monkeypatch.setattr(
        training.adapting, "AdaptSettings", lambda method, seed=0: AdaptSettings(method, steps=2, batch=8, seed=seed)
    )
    model = trained / "out" / "astann.onnx"
    output = run("adapt", "--target", map_folder, "--out", tmp_path / "new", "--model", model, "--faces", faces,
                 "--cache", trained / "cache", "--seeds", 2)  # fmt: skip
    assert "before → after" in output
    new = Recogniser(tmp_path / "new" / "astann.onnx")
    card = (tmp_path / "new" / "astann.md").read_text(encoding="utf-8")
    assert new.sha256 in card
    assert Recogniser(model).sha256 in card
    assert "36 flow maps" in card
    assert "coral" in new.version


def test_recordings_with_too_few_movements_cannot_be_adapted_to(trained, tmp_path):
    pictures = [demo_portrait().image[:300:2, :300:2]] * 5
    (tmp_path / "videos").mkdir()
    write_video(tmp_path / "videos" / "a.mp4", pictures)
    (tmp_path / "videos" / "broken.mp4").write_bytes(b"no video")
    with pytest.raises(FleetingError, match="holds 0 clips; at least"):
        run("adapt", "--target", tmp_path / "videos", "--out", tmp_path / "new", "--cache", tmp_path / "cache")
    assert not (tmp_path / "new").exists()


def test_an_empty_target_is_refused(tmp_path):
    with pytest.raises(FleetingError, match="No recordings"):
        run("adapt", "--target", tmp_path, "--out", tmp_path / "new", "--cache", tmp_path / "cache")


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the photo pairs of the developers' data are not here")
def test_a_morphed_smile_goes_through_the_pipeline():
    from training.trials.smiles import _film

    folder = SHARED_DATA / "faces" / "validation"
    smile = _film((folder / "003_neutral.jpg", folder / "003_smiling.jpg", 0))
    assert len(smile.found) >= 1
    assert smile.found[0].maps.shape == (3, 4, 64, 64)
