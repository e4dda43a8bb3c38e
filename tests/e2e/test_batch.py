"""Recordings are analysed into a project from the command line, on this machine or on a cluster."""

import shutil

import pytest
from distributed import LocalCluster
from typer.testing import CliRunner

from app.cli import app
from app.session.session import Session


def run(*arguments):
    return CliRunner().invoke(app, ["batch", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def videos(short_recording, tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    shutil.copyfile(short_recording, folder / "one.mkv")
    return folder


def test_a_folder_is_analysed_and_a_second_run_does_only_what_is_left(videos, tmp_path):
    project = tmp_path / "study.fleeting"
    (videos / "empty.mp4").write_bytes(b"")
    result = run(project, videos)
    assert result.exit_code == 1
    assert "one.mkv" in result.output
    assert "empty.mp4 is empty" in result.output.replace("\n", " ")
    with Session(project) as session:
        done = next(r for r in session.recordings() if r.name == "one.mkv")
        found = session.analysis(done.id)
        rater = session.rater("R1").id
        micro = [event for event in found.events if event.kind == "micro"]
        session.judge(rater, done.id, micro[0], "accepted")
    (videos / "empty.mp4").unlink()
    shutil.copyfile(videos / "one.mkv", videos / "copy.mkv")  # the same content is the same recording
    run(project, videos)
    with Session(project) as session:
        assert session.analysis(done.id).finished == found.finished
        assert len(session.recordings()) == 2
    result = run(project, videos / "one.mkv", "--again")
    with Session(project) as session:
        again = session.analysis(done.id)
        assert [e.onset for e in again.events] == [e.onset for e in found.events]
        (mark,) = session.marks(done.id)
        assert mark.verdict == "accepted"
        assert mark.event in {e.id for e in again.events}


def test_a_cluster_does_the_same(videos, tmp_path):
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1") as cluster:
        result = run(tmp_path / "c.fleeting", videos, "--scheduler", cluster.scheduler_address)
    assert result.exit_code == 0, result.output
    with Session(tmp_path / "c.fleeting") as session:
        (recording,) = session.recordings()
        assert recording.status == "done"
        assert sum(event.kind == "micro" for event in session.analysis(recording.id).events) >= 3


def test_a_wrong_name_is_answered_with_a_right_one(videos, tmp_path):
    from app.errors import SessionError

    with pytest.raises(SessionError, match=r"study\.fleeting"):
        run(tmp_path / "study.db", videos)
    assert not (tmp_path / "study.db").exists()


def test_what_is_in_a_project_is_exported(videos, tmp_path):
    project = tmp_path / "study.fleeting"
    assert run(project, videos).exit_code == 0
    result = CliRunner().invoke(
        app, ["export", str(project), "--out", str(tmp_path / "out"), "--figures"], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    files = {p.name for p in (tmp_path / "out" / "one").iterdir()}
    assert {"events.csv", "one.eaf", "one.TextGrid", "one.vtt", "metadata.json"} <= files
    assert (tmp_path / "out" / "report.pdf").read_bytes().startswith(b"%PDF")
    assert len(list((tmp_path / "out" / "one" / "figures").glob("*.svg"))) >= 3
    table = (tmp_path / "out" / "one" / "events.csv").read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("model,") for line in table) >= 3
