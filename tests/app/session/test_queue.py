"""Many recordings analysed in the background."""

import os
import time

import pytest

from app.errors import SessionError
from app.session.queue import AnalysisQueue, Progress
from app.session.session import Session
from assets import ASTANN_ONNX


def run_until(queue, finished, seconds=120.0):
    end = time.monotonic() + seconds
    while not finished():
        queue.poll()
        assert time.monotonic() < end, "the queue did not get there"
        time.sleep(0.05)


@pytest.fixture
def project(short_recording, tmp_path):
    """A project with a recording and one that is no video."""
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all" * 100)
    with Session(tmp_path / "p.fleeting", create=True) as session:
        video = session.add_recording(short_recording)
        yield session, video.id, session.add_recording(broken).id


def test_a_broken_recording_stops_no_other_and_the_curves_are_kept(project):
    session, video, broken = project
    queue = AnalysisQueue(session, ASTANN_ONNX, workers=2)
    seen = []
    end = time.monotonic() + 120
    while queue.busy:
        assert time.monotonic() < end
        queue.poll()
        seen += [p.done for n, p in queue.progress.items() if n == video]
        time.sleep(0.05)
    queue.close()
    assert session.recording(video).status == "done"
    assert (session.recording(broken).status, "broken.mp4" in session.recording(broken).problem) == ("failed", True)
    found = session.analysis(video)
    assert sum(event.kind == "micro" for event in found.events) >= 3
    assert found.motion.shape == (len(found.times), 3)
    assert 0.3 < float(found.motion[:, 2].max()) < 10.0
    assert len(found.facts["model"]["sha256"]) == 64
    assert found.facts["settings"]["spotter"]["least_score"] > 0
    assert max(seen) > 0


def test_pause_holds_cancel_ends_and_the_next_sitting_begins_again(project):
    session, video, broken = project
    session.set_status(broken, "done")
    queue = AnalysisQueue(session, ASTANN_ONNX)
    run_until(queue, lambda: queue.progress.get(video, Progress()).done > 5)
    queue.pause()
    time.sleep(0.6)
    queue.poll()
    held = queue.progress[video].done
    time.sleep(0.6)
    queue.poll()
    assert queue.progress[video].done == held
    queue.resume()
    run_until(queue, lambda: queue.progress[video].done > held)
    queue.cancel(video)
    assert session.recording(video).status == "paused"
    assert not queue.busy
    queue.enqueue(video)
    run_until(queue, lambda: bool(queue.progress))
    session.set_status(video, "running")  # as a killed program leaves it
    queue.close()
    again = AnalysisQueue(session, ASTANN_ONNX)
    assert session.recording(video).status == "waiting"
    again.close()


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="this system knows no niceness")
def test_an_analysis_gives_way_to_whoever_reviews_meanwhile(project):
    session, video, broken = project
    session.set_status(broken, "done")
    queue = AnalysisQueue(session, ASTANN_ONNX)
    run_until(queue, lambda: queue.progress.get(video, Progress()).done > 0)
    theirs = os.getpriority(os.PRIO_PROCESS, queue._running[video].process.pid)
    queue.close()
    assert theirs > os.getpriority(os.PRIO_PROCESS, 0)


def test_a_process_that_dies_is_told_as_a_failure(project):
    session, video, broken = project
    session.set_status(broken, "done")
    queue = AnalysisQueue(session, ASTANN_ONNX)
    run_until(queue, lambda: video in queue.progress)
    queue._running[video].process.kill()
    run_until(queue, lambda: not queue.busy)
    assert session.recording(video).status == "failed"
    assert "ended unexpectedly" in session.recording(video).problem
    queue.close()


def test_an_analysis_that_cannot_be_kept_is_told_and_the_queue_goes_on(project, monkeypatch):
    session, video, broken = project
    session.set_status(broken, "done")

    def full(*_):
        raise SessionError("The disk is full.")

    monkeypatch.setattr(session, "store_analysis", full)
    queue = AnalysisQueue(session, ASTANN_ONNX)
    run_until(queue, lambda: not queue.busy)
    assert (session.recording(video).status, session.recording(video).problem) == ("failed", "The disk is full.")
    queue.close()


def test_the_time_left_is_estimated_from_the_work_done():
    assert Progress(0, 100, 10.0).seconds_left is None
    assert Progress(50, None, 10.0).seconds_left is None
    assert Progress(50, 100, 10.0).seconds_left == pytest.approx(10.0)
