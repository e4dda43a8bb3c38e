import csv
import itertools
import json

import av
import numpy as np
import pytest

from app.headless import OutputOptions, analyse
from app.session.result_folders import result_folders
from app.session.results import ResultsWriter
from app.session.tables import EVENT_COLUMNS, event_row, frame_rows
from app.sources.video import VideoSource
from model.events import Event
from model.face import Face
from model.frame import Frame
from model.pipeline import FaceState, PipelineConfig
from model.recognition import Recognition
from model.spot import LOOK_AHEAD_S, Spot, SpotterConfig
from tests.helpers import FakeSource, face_picture, still_frames

SPOT = Spot("micro", 1.0, 1.1, 1.25, 30, 33, 38, 0.0123, ("left cheek", "nose"), score=7.46)
GUESS = Recognition(
    np.array([0.1, 0.8, 0.05, 0.05], np.float32),
    np.array([0, 0, 0, 0, 0.6, 0, 0, 0, 0.9, 0, 0, 0, 0, 0, 0], np.float32),
    np.ones((3, 16, 16), np.float32),
    np.array([0.2, 0.5, 0.3], np.float32),
    0.5,
)


def test_an_event_is_written_as_documented():
    assert dict(zip(EVENT_COLUMNS, event_row(Event(1, 0, SPOT, GUESS)), strict=True)) == {
        "event": "1",
        "kind": "micro",
        "face_id": "0",
        "onset_s": "1.0000",
        "apex_s": "1.1000",
        "offset_s": "1.2500",
        "onset_frame": "30",
        "apex_frame": "33",
        "offset_frame": "38",
        "duration_ms": "250",
        "strength_percent": "1.230",
        "score": "7.5",
        "emotion": "positive",
        "confidence": "0.800",
        "AUs": "AU12 AU06",
        "attention_onset": "0.200",
        "attention_apex": "0.500",
        "attention_offset": "0.300",
        "regions": "left cheek; nose",
        "reason": "",
        "verdict": "",
        "note": "",
    }


def test_a_frame_without_a_face_keeps_its_row():
    assert frame_rows(7, 0.25, ())[0][:5] == ["7", "", "0.250000", "0", "0"]


def test_several_faces_are_several_rows_of_one_file():
    face = Face(2, np.zeros((478, 2), np.float32), np.zeros(478, np.float32), 1.0)
    rows = frame_rows(7, 0.25, (FaceState(face, 0.01, (), None), FaceState(face, 0.02, (), GUESS)))
    assert [row[:6] for row in rows] == [
        ["7", "2", "0.250000", "1.000", "1", "1.0000"],
        ["7", "2", "0.250000", "1.000", "1", "2.0000"],
    ]
    assert rows[1][6:10] == ["0.1000", "0.8000", "0.0500", "0.0500"]


def read_csv(path):
    return list(csv.DictReader(path.open()))


def test_all_files_are_written_and_the_overlay_keeps_the_speed(tmp_path, recogniser):
    stamps = np.cumsum([0.0, *np.random.default_rng(0).uniform(0.02, 0.06, 24)])
    frames = [Frame(f.index, float(t), f.image) for f, t in zip(still_frames(25), stamps, strict=True)]
    outcome = analyse(FakeSource(frames), recogniser, tmp_path / "out", OutputOptions(overlay=True))
    assert outcome.error == ""
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "events.csv",
        "events.json",
        "frames.csv",
        "metadata.json",
        "overlay.mkv",
    ]
    assert [float(r["timestamp"]) for r in read_csv(tmp_path / "out" / "frames.csv")] == pytest.approx(stamps, abs=1e-5)
    with av.open(str(tmp_path / "out" / "overlay.mkv")) as video:
        assert [float(f.time) for f in video.decode(video=0)] == pytest.approx(stamps, abs=0.002)
    facts = json.loads((tmp_path / "out" / "metadata.json").read_text())
    assert facts["frames"] == {
        "captured": 25,
        "analysed": 25,
        "dropped": {"unreadable": 0},
        "with_face": 25,
        "without_face": 0,
    }
    assert facts["complete"] is True
    assert facts["model"]["sha256"] == recogniser.sha256
    assert facts["settings"]["spotter"]["max_duration"] == 0.5


def test_an_overlay_of_odd_size_works(tmp_path, recogniser):
    image = face_picture()[:479, :639]
    frames = [Frame(i, i / 30, np.ascontiguousarray(image)) for i in range(3)]
    outcome = analyse(FakeSource(frames), recogniser, tmp_path, OutputOptions(overlay=True))
    assert outcome.error == ""
    assert (tmp_path / "overlay.mkv").stat().st_size > 0


def test_ctrl_c_leaves_complete_files(tmp_path, recogniser):
    outcome = analyse(
        FakeSource(still_frames(10), error=KeyboardInterrupt()), recogniser, tmp_path, OutputOptions(overlay=True)
    )
    assert outcome.interrupted
    assert len(read_csv(tmp_path / "frames.csv")) == 10
    assert json.loads((tmp_path / "metadata.json").read_text())["complete"] is False
    assert json.loads((tmp_path / "events.json").read_text()) == []
    with av.open(str(tmp_path / "overlay.mkv")) as video:
        assert len(list(video.decode(video=0))) == 10
    assert not list(tmp_path.glob("*.writing"))


def test_what_an_interrupted_analysis_has_seen_is_judged_before_it_ends(tmp_path, recogniser, demo_folder):
    # The demo's first movement is over at 3.33 s: long before an analysis that looks ahead comes to it.
    frames = list(itertools.islice(VideoSource(demo_folder / "demo.mkv").frames(), 4 * 30))
    outcome = analyse(
        FakeSource(frames, error=KeyboardInterrupt()),
        recogniser,
        tmp_path,
        OutputOptions(),
        PipelineConfig(spotter=SpotterConfig(look_ahead=LOOK_AHEAD_S)),
    )
    assert outcome.interrupted
    assert [event.recognition.label for event in outcome.micro] == ["surprise"]
    assert [row["kind"] for row in read_csv(tmp_path / "events.csv")] == ["micro"]


def test_a_source_that_breaks_off_keeps_what_was_found_and_tells(tmp_path, recogniser):
    from app.errors import SourceError

    outcome = analyse(
        FakeSource(still_frames(5), error=SourceError("the cable")), recogniser, tmp_path, OutputOptions()
    )
    assert outcome.error == "the cable"
    assert json.loads((tmp_path / "metadata.json").read_text())["interruption"] == "the cable"
    assert len(read_csv(tmp_path / "frames.csv")) == 5


def test_a_full_disk_ends_the_analysis_without_a_half_written_video(tmp_path, recogniser, monkeypatch):
    from app.errors import OutputError

    original = ResultsWriter.append
    calls = []

    def fill_up(self, *args):
        calls.append(1)
        if len(calls) == 4:
            raise OutputError("disk full")
        original(self, *args)

    monkeypatch.setattr(ResultsWriter, "append", fill_up)
    outcome = analyse(FakeSource(still_frames(8)), recogniser, tmp_path, OutputOptions(overlay=True))
    assert outcome.error == "disk full"
    assert not (tmp_path / "overlay.mkv").exists()
    assert not list(tmp_path.glob("*.writing"))
    assert len(read_csv(tmp_path / "frames.csv")) == 3


def test_nothing_is_written_for_a_source_without_frames(tmp_path, recogniser):
    outcome = analyse(FakeSource([]), recogniser, tmp_path / "out", OutputOptions())
    assert "no frames" in outcome.error
    assert not (tmp_path / "out").exists()


def test_recordings_of_the_same_name_get_folders_of_their_own(tmp_path):
    names = result_folders(tmp_path, ["a/talk.mp4", "b/talk.mov", "c/walk.mp4"])
    assert [p.name for p in names] == ["talk", "talk-2", "walk"]


def test_settings_in_force_are_those_of_the_run(tmp_path, recogniser):
    analyse(FakeSource(still_frames(2)), recogniser, tmp_path, OutputOptions(), PipelineConfig(max_faces=2))
    assert json.loads((tmp_path / "metadata.json").read_text())["settings"]["max_faces"] == 2
