import threading
import time
from typing import ClassVar

import numpy as np
import pytest

from app.errors import SourceError
from app.live.engine import Cancelled, Engine
from app.live.mailbox import Mailbox
from app.live.ring import FrameRing
from model.frame import Frame
from model.pipeline import Pipeline
from tests.helpers import FakeSource, still_frames


def frame(index):
    return Frame(index, index / 30, np.zeros((4, 4, 3), np.uint8))


def test_the_mailbox_keeps_the_newest_and_counts_the_rest():
    box = Mailbox[int]()
    assert box.put(1) is True
    assert box.put(2) is False
    assert box.take() == 2
    assert box.take() is None
    assert box.replaced == 1


def test_a_cameras_ring_drops_the_oldest_and_counts():
    ring = FrameRing(3, lossy=True)
    for i in range(5):
        ring.put(frame(i))
    ring.close()
    assert [ring.get().index for _ in range(3)] == [2, 3, 4]
    assert ring.get() is None
    assert ring.dropped == 2


def test_a_recordings_ring_waits_and_loses_nothing():
    ring = FrameRing(2, lossy=False)
    producer = threading.Thread(target=lambda: [ring.put(frame(i)) for i in range(20)] and ring.close())
    producer.start()
    seen = []
    while (item := ring.get()) is not None:
        seen.append(item.index)
    producer.join()
    assert seen == list(range(20))
    assert ring.dropped == 0


def test_closing_wakes_a_waiting_producer():
    ring = FrameRing(1, lossy=False)
    ring.put(frame(0))
    outcome = []
    producer = threading.Thread(target=lambda: outcome.append(ring.put(frame(1))))
    producer.start()
    time.sleep(0.02)
    ring.close(discard=True)
    producer.join(timeout=5)
    assert outcome == [False]


def run_to_end(engine, seconds=30.0):
    engine.start()
    end = time.monotonic() + seconds
    while not engine.finished and time.monotonic() < end:
        time.sleep(0.01)
    engine.stop()
    assert engine.finished


def test_every_frame_of_a_recording_is_analysed(recogniser):
    source = FakeSource(still_frames(40))
    engine = Engine(lambda _tell: source, lambda: Pipeline(recogniser), lambda: None, paced=False)
    run_to_end(engine)
    counters = engine.counters
    assert (counters.captured, counters.analysed, counters.dropped_analysis) == (40, 40, 0)
    assert engine.take_view().frame.index == 39
    assert len(engine.take_curve()) == 40
    assert source.closed == 1


def test_a_recording_plays_at_its_own_speed(recogniser):
    engine = Engine(lambda _tell: FakeSource(still_frames(30)), lambda: Pipeline(recogniser), lambda: None)
    start = time.monotonic()
    run_to_end(engine)
    assert time.monotonic() - start >= 29 / 30


def test_a_source_that_fails_reaches_the_person_and_keeps_the_last_picture(recogniser):
    source = FakeSource(still_frames(5), error=SourceError("Desk camera stopped delivering pictures."))
    engine = Engine(lambda _tell: source, lambda: Pipeline(recogniser), lambda: None)
    run_to_end(engine)
    assert engine.take_notices() == ["Desk camera stopped delivering pictures."]
    assert engine.take_view() is not None


def test_a_source_that_does_not_open_reaches_the_person(recogniser):
    def refuse(_tell):
        raise SourceError("Camera 7 is not connected.")

    engine = Engine(refuse, lambda: Pipeline(recogniser), lambda: None)
    run_to_end(engine)
    assert engine.take_notices() == ["Camera 7 is not connected."]


def test_an_unforeseen_fault_of_the_analysis_reaches_the_person():
    class Broken:
        faces = ()
        ignored: ClassVar = {}

        def push(self, _frame):
            raise ZeroDivisionError("oh")

        def finish(self):
            return []

    engine = Engine(lambda _tell: FakeSource(still_frames(5)), Broken, lambda: None)
    run_to_end(engine)
    assert any("The analysis stopped; press Start to try again: oh" in notice for notice in engine.take_notices())


def test_stopping_interrupts_lengthy_preparations(recogniser):
    begun = threading.Event()
    cancelled = []

    def prepare(tell):
        try:
            while True:
                tell("rendering")
                begun.set()
                time.sleep(0.005)
        except Cancelled:
            cancelled.append(True)
            raise

    engine = Engine(prepare, lambda: Pipeline(recogniser), lambda: None)
    engine.start()
    assert begun.wait(5)
    engine.stop()
    assert cancelled == [True]
    assert engine.take_notices() == []


def test_a_slow_analysis_of_a_camera_drops_and_counts():
    class Slow:
        faces = ()
        ignored: ClassVar = {}

        def push(self, _frame):
            time.sleep(0.01)
            return []

        def finish(self):
            return []

    engine = Engine(lambda _tell: FakeSource([frame(i) for i in range(300)], live=True), Slow, lambda: None)
    run_to_end(engine)
    counters = engine.counters
    assert counters.dropped_analysis > 0
    assert counters.captured == 300
    assert counters.analysed + counters.dropped_analysis == pytest.approx(300, abs=1)


def test_a_driver_that_hangs_does_not_hang_the_window(recogniser, monkeypatch):
    monkeypatch.setattr("app.live.engine._PATIENCE_S", 0.2)
    let_go = threading.Event()

    def hanging():
        yield still_frames(1)[0]
        let_go.wait(30)

    engine = Engine(lambda _tell: FakeSource(hanging, live=True), lambda: Pipeline(recogniser), lambda: None)
    engine.start()
    end = time.monotonic() + 20
    while engine.counters.analysed < 1 and time.monotonic() < end:
        time.sleep(0.01)
    start = time.monotonic()
    engine.stop()
    assert time.monotonic() - start < 5
    let_go.set()
    engine._capture.join(10)
