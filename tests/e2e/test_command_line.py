import csv
import json
import os
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from app.cli import app
from tests.helpers import SHARED_DATA, face_picture, noisy, still_frames, write_audio, write_video

needs_videos = pytest.mark.skipif(
    not (SHARED_DATA / "videos").is_dir(), reason=f"the development recordings are not at {SHARED_DATA}"
)


def fleeting(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def fleeting_process(*arguments):
    """The command as a process of its own, as a person starts it."""
    command = [sys.executable, "-m", "app", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "still.mp4"
    return write_video(path, [f.image for f in still_frames(20)])


def test_a_recording_is_analysed_and_its_files_are_named(short_clip, tmp_path):
    result = fleeting("analyse", short_clip, "--out", tmp_path, "--annotate")
    assert result.exit_code == 0
    assert "0 micro-expressions in 20 frames" in result.output
    assert {p.name for p in (tmp_path / "still").iterdir()} == {
        "events.csv",
        "events.json",
        "frames.csv",
        "metadata.json",
        "overlay.mkv",
    }


def test_bad_files_do_not_stop_the_rest_of_a_batch(short_clip, tmp_path):
    empty, text = tmp_path / "empty.mp4", tmp_path / "text.mp4"
    empty.write_bytes(b"")
    text.write_text("no video")
    sound = write_audio(tmp_path / "voice.m4a")
    no_pictures = tmp_path / "folder"
    no_pictures.mkdir()
    out = tmp_path / "out"
    result = fleeting("analyse", empty, text, sound, no_pictures, tmp_path / "gone.mp4", short_clip, "--out", out)
    assert result.exit_code == 1
    for words in ("is empty", "not a video", "only sound", "has no pictures", "does not exist", "in 20 frames"):
        assert words in result.output.replace("\n", " ")
    assert [p.name for p in out.iterdir()] == ["still"]


def test_an_output_folder_that_cannot_be_written_is_named(short_clip, tmp_path):
    (tmp_path / "taken").write_text("a file")
    result = fleeting_process("analyse", short_clip, "--out", tmp_path / "taken" / "x")
    assert result.returncode == 1
    assert "cannot be written" in result.stdout.replace("\n", " ")
    assert "Traceback" not in result.stdout + result.stderr


def test_a_missing_network_is_named(short_clip, tmp_path):
    result = fleeting_process("analyse", short_clip, "--model", tmp_path / "x.onnx", "--out", tmp_path)
    assert result.returncode == 1
    assert "x.onnx is missing" in result.stdout.replace("\n", " ")
    assert "Traceback" not in result.stdout + result.stderr


@pytest.mark.parametrize("size", [(160, 120), (1080, 1920), (3840, 2160)])
def test_small_portrait_and_4k_recordings_are_analysed(size, tmp_path):
    scale = min(size) / 480
    face = cv2.resize(face_picture(), None, fx=scale, fy=scale)
    picture = np.full((size[1], size[0], 3), 120, np.uint8)
    height, width = min(face.shape[0], size[1]), min(face.shape[1], size[0])
    x = (face.shape[1] - width) // 2
    picture[:height, :width] = face[:height, x : x + width]
    path = write_video(tmp_path / "clip.mp4", [noisy(picture, i) for i in range(4)])
    result = fleeting("analyse", path, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "(4 with a face)" in result.output.replace("\n", " ")


def test_a_recording_below_25_frames_per_second_is_warned_of(tmp_path):
    path = write_video(tmp_path / "slow.mp4", [f.image for f in still_frames(12)], fps=12.0)
    result = fleeting("analyse", path, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "only 12 frames per second" in result.output.replace("\n", " ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for a single process")
def test_ctrl_c_leaves_complete_readable_files(tmp_path, demo_folder):
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "analyse", str(demo_folder / "demo.mkv"), "--out", str(tmp_path), "--annotate"],
        stdout=subprocess.PIPE,
        text=True,
        # A test run in the background hands on that Ctrl-C is ignored; a person at a terminal does not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    frames = tmp_path / "demo" / "frames.csv"
    end = time.monotonic() + 60
    while time.monotonic() < end and not (frames.exists() and frames.stat().st_size > 3000):
        time.sleep(0.05)
    # It can be read while it grows.
    rows = frames.read_text().splitlines()
    assert len(rows) > 10
    assert rows[-1].count(",") == rows[0].count(",")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped by hand" in output.replace("\n", " ")
    facts = json.loads((tmp_path / "demo" / "metadata.json").read_text())
    assert facts["complete"] is False
    assert len(list(csv.DictReader(frames.open()))) == facts["frames"]["analysed"]
    assert not list(tmp_path.rglob("*.writing"))
    assert (tmp_path / "demo" / "overlay.mkv").stat().st_size > 1000


def test_the_demo_without_a_display_ends_with_the_truth_beside_what_was_found(demo_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("app.sources.demo.demo_folder", lambda: demo_folder)
    result = fleeting("demo", "--headless", "--out", tmp_path)
    assert result.exit_code == 0
    assert "6 of 6 found" in result.output
    assert "0 false alarms" in result.output
    assert len(list(csv.DictReader((tmp_path / "demo" / "events.csv").open()))) == 6


def test_without_a_display_the_window_says_so():
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    result = subprocess.run(
        [sys.executable, "-m", "app"], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    assert result.returncode == 1
    assert "no display" in result.stdout
    assert "Traceback" not in result.stderr


def test_the_version_is_told():
    assert fleeting("--version").output.startswith("Fleeting 0.")


@needs_videos
def test_a_recording_without_a_face_says_so(tmp_path):
    result = fleeting("analyse", SHARED_DATA / "videos" / "no_face.mp4", "--out", tmp_path)
    assert result.exit_code == 0
    assert "no face was seen" in result.output
    assert len((tmp_path / "no_face" / "events.csv").read_text().splitlines()) == 1


@needs_videos
def test_a_smile_of_two_seconds_is_a_macro_expression(tmp_path):
    result = fleeting("analyse", SHARED_DATA / "videos" / "single_face.mp4", "--out", tmp_path, "--all-kinds")
    assert result.exit_code == 0
    assert "0 micro-expressions" in result.output
    rows = list(csv.DictReader((tmp_path / "single_face" / "events.csv").open()))
    smile = [r for r in rows if r["kind"] == "macro" and "mouth" in r["regions"]]
    assert smile
    assert not [r for r in rows if r["kind"] == "micro" and "mouth" in r["regions"]]
    assert 1000 <= float(smile[0]["duration_ms"]) <= 2000


@needs_videos
def test_a_recording_whose_face_leaves_is_survived(tmp_path):
    result = fleeting("analyse", SHARED_DATA / "videos" / "face_noface.mov", "--out", tmp_path)
    assert result.exit_code == 0
    assert "169 frames (72 with a face)" in result.output.replace("\n", " ")
