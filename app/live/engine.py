"""The two worker threads of a live view: one captures, one analyses; the window only looks.

No frame travels inside a signal. The engine calls ``notify`` (without arguments, from a worker) when there is
something new, and the window takes the newest picture and the events since it last looked.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from app.live.mailbox import Mailbox, T
from app.live.ring import FrameRing
from app.live.views import Counters, MotionPoint, View
from app.sources.base import Source
from model.errors import FleetingError
from model.events import Event
from model.frame import Frame
from model.frame_gate import left_out
from model.pipeline import Pipeline

log = logging.getLogger(__name__)

# Two seconds of a 30 fps camera: enough to ride out a hiccup, little enough to stay current.
_RING_FRAMES: Final = 64
# A driver that hangs must not freeze the window: after this many seconds its thread is left behind.
_PATIENCE_S: Final = 5.0
# The measured rate is that of the last frames within this many seconds.
_RATE_WINDOW_S: Final = 2.0


Tell = Callable[[str], None]
_Captured = tuple[Frame, float]
"""A frame, and the seconds on the monotonic clock at which it left the source."""


class Cancelled(Exception):  # noqa: N818 - no error: the person pressed Stop
    """The source is no longer wanted."""


class Engine:
    """Runs one source until it ends or is stopped.

    Args:
        open_source: Opens the source; called in the capture thread, because cameras open slowly. It is given a
            function to tell the person about lengthy preparations; that function raises `Cancelled` after a stop.
        make_pipeline: Builds the pipeline; called in the analysis thread, because networks load slowly.
        notify: Told from a worker thread that there is something new to take.
        paced: Play a recording at its own speed instead of as fast as it can be analysed.
    """

    def __init__(
        self,
        open_source: Callable[[Tell], Source],
        make_pipeline: Callable[[], Pipeline],
        notify: Callable[[], None],
        paced: bool = True,
    ) -> None:
        self._open_source, self._make_pipeline, self._notify = open_source, make_pipeline, notify
        self._paced = paced
        self._views: Mailbox[View] = Mailbox()
        self._events: deque[Event] = deque()
        self._curve: deque[MotionPoint] = deque(maxlen=10_000)
        self._notices: deque[str] = deque()
        self._stamps: deque[float] = deque()
        self._stop = threading.Event()
        self._finished = threading.Event()
        self._source_ready = threading.Event()
        self._source: Source | None = None
        self._ring: FrameRing[_Captured] | None = None
        self._captured = self._analysed = 0
        self._rest_s = 0.0
        self.preparation = ""
        """What the opening of the source is busy with."""
        self._capture = threading.Thread(target=self._run_capture, name="fleeting-capture", daemon=True)
        self._analysis = threading.Thread(target=self._run_analysis, name="fleeting-analysis", daemon=True)

    def start(self) -> None:
        self._capture.start()
        self._analysis.start()

    def stop(self) -> None:
        """Asks both workers to end and waits for them."""
        self._stop.set()
        if self._ring is not None:
            self._ring.close(discard=True)
        for thread in (self._capture, self._analysis):
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(_PATIENCE_S)
                if thread.is_alive():
                    log.error("%s does not end; its driver hangs", thread.name)

    @property
    def finished(self) -> bool:
        """True when both workers have ended and everything they found can be taken."""
        return self._finished.is_set()

    @property
    def source(self) -> Source | None:
        """The source, once it is open."""
        return self._source

    @property
    def counters(self) -> Counters:
        stamps = list(self._stamps)
        span = stamps[-1] - stamps[0] if len(stamps) > 1 else 0.0
        return Counters(
            self._captured,
            self._analysed,
            self._ring.dropped if self._ring else 0,
            self._views.replaced,
            (len(stamps) - 1) / span if span > 0 else 0.0,
        )

    def mark_rest(self, seconds: float) -> None:
        """Says that everybody in view looks neutral for the next ``seconds``."""
        self._rest_s = seconds

    def take_view(self) -> View | None:
        """The newest analysed frame, if there is one that was not taken yet."""
        return self._views.take()

    def take_events(self) -> list[Event]:
        """Movements completed since the last call."""
        return _drain(self._events)

    def take_curve(self) -> list[MotionPoint]:
        """Points of the motion curve since the last call."""
        return _drain(self._curve)

    def take_notices(self) -> list[str]:
        """Messages for the person since the last call."""
        return _drain(self._notices)

    def _run_capture(self) -> None:
        with self._telling("The source could not be opened"):
            source = self._open_source(self._tell)
            self._ring = FrameRing[_Captured](_RING_FRAMES, lossy=source.live)
            self._source = source
        self._source_ready.set()
        if self._source is None or self._ring is None:
            return
        with self._telling(f"{self._source.name} stopped"):
            self._pump(self._source, self._ring)
        self._source.close()
        for warning in self._source.warnings:
            self._say(warning)
        self._ring.close(discard=self._stop.is_set())

    def _pump(self, source: Source, ring: FrameRing[_Captured]) -> None:
        start: float | None = None
        for frame in source.frames():
            now = time.monotonic()
            if start is None:
                start = now - frame.time
            elif not source.live and self._paced:
                wait = start + frame.time - now
                if wait > 0 and self._stop.wait(wait):
                    return
                if wait < -1.0:
                    start = now - frame.time  # the machine fell behind; do not race to catch up
                now = time.monotonic()
            if self._stop.is_set():
                return
            self._captured += 1
            self._stamps.append(now)
            while now - self._stamps[0] > _RATE_WINDOW_S:
                self._stamps.popleft()
            if not ring.put((frame, now)):
                return

    def _run_analysis(self) -> None:
        with self._telling("The analysis stopped; press Start to try again"):
            pipeline = self._make_pipeline()
            self._source_ready.wait()
            if self._ring is not None:
                self._analyse(pipeline, self._ring)
        self._stop.set()
        if self._ring is not None:
            self._ring.close(discard=True)
        self._finished.set()
        self._notify()

    @contextlib.contextmanager
    def _telling(self, failure: str) -> Iterator[None]:
        """A worker's fault must reach the person, whatever it is; the worker then ends in good order."""
        try:
            yield
        except Cancelled:
            pass
        except FleetingError as error:
            self._say(str(error))
        except Exception as error:
            log.exception("%s", failure)
            self._say(f"{failure}: {error}.")

    def _analyse(self, pipeline: Pipeline, ring: FrameRing[_Captured]) -> None:
        resting: int | None = None
        try:
            while not self._stop.is_set():
                captured = ring.get()
                if captured is None:
                    break
                frame, captured_at = captured
                if self._rest_s:
                    rest, self._rest_s = self._rest_s, 0.0
                    pipeline.mark_rest(rest)
                    resting = pipeline.resting_faces
                self._events.extend(pipeline.push(frame))
                if resting is not None and pipeline.resting_faces > resting:
                    self._say("The resting face is known now: movements are judged by how this face moves at rest.")
                    resting = None
                self._analysed += 1
                motion = max((100 * f.motion for f in pipeline.faces), default=None)
                self._curve.append(MotionPoint(frame.time, motion))
                if self._views.put(View(frame, pipeline.faces, captured_at)):
                    self._notify()
        finally:
            self._events.extend(pipeline.finish())
            for notice in left_out(pipeline.ignored):
                self._say(notice)

    def _tell(self, text: str) -> None:
        if self._stop.is_set():
            raise Cancelled
        self.preparation = text
        self._notify()

    def _say(self, notice: str) -> None:
        self._notices.append(notice)
        self._notify()


def _drain(items: deque[T]) -> list[T]:
    taken = []
    while items:
        taken.append(items.popleft())
    return taken
