"""Analyses in background processes, with progress, pause and cancel; no file stops the others."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Final

from app.errors import SessionError
from app.session.records import Analysis
from app.session.session import Session
from model.errors import FleetingError
from model.pipeline import PipelineConfig

# A process tells how far it is at most this often (seconds), and looks as often whether it should go on after a pause.
_TELL_EVERY_S: Final = 0.2
# A process that was asked to end has this many seconds to do so.
_PATIENCE_S: Final = 5.0
# Steps by which an analysis gives way to whoever reviews meanwhile. Measured on two cores: a jump to another frame
# takes 0.26 s beside an analysis, as if there were none; without this 0.42 s.
_NICENESS: Final = 10
# An estimate of the time left needs so many seconds of work.
_KNOWN_AFTER_S: Final = 3.0


@dataclass(slots=True)
class Progress:
    """How far one analysis is.

    Attributes:
        done: Frames analysed.
        total: Frames in all, None if unknown.
        worked: Seconds it has been at work, pauses left out.
    """

    done: int = 0
    total: int | None = None
    worked: float = 0.0

    @property
    def seconds_left(self) -> float | None:
        """An estimate, None while nothing is known."""
        if not self.total or not self.done or self.worked < _KNOWN_AFTER_S:
            return None
        return self.worked * max(0, self.total - self.done) / self.done


@dataclass(slots=True)
class _Running:
    process: SpawnProcess
    news: Connection
    may_run: Event
    progress: Progress = field(default_factory=Progress)


class AnalysisQueue:
    """Analyses the waiting recordings of a project. Nothing happens between calls of `poll`, but the processes go on.

    Args:
        session: The project; used in the caller's thread only.
        model: The network.
        config: Settings of every analysis.
        workers: Recordings analysed at once.
    """

    def __init__(self, session: Session, model: Path, config: PipelineConfig | None = None, workers: int = 1) -> None:
        self._session, self._model, self._config = session, model, config or PipelineConfig(provisional=False)
        self._workers = workers
        self._running: dict[int, _Running] = {}
        self._context = multiprocessing.get_context("spawn")
        self._last_poll = time.monotonic()
        self.paused = False
        session.requeue()

    @property
    def progress(self) -> dict[int, Progress]:
        """Recording to how far it is, of those under way."""
        return {number: running.progress for number, running in self._running.items()}

    @property
    def busy(self) -> bool:
        """Whether anything is under way or waiting."""
        return bool(self._running) or any(r.status == "waiting" for r in self._session.recordings())

    def poll(self) -> list[int]:
        """Takes what the processes have to tell and starts those whose turn it is.

        Returns:
            Recordings whose analysis has ended, well or badly.

        Raises:
            SessionError: If not even that can be written into the project.
        """
        now = time.monotonic()
        elapsed, self._last_poll = now - self._last_poll, now
        ended = []
        for number, running in list(self._running.items()):
            if not self.paused:
                running.progress.worked += elapsed
            if self._take_news(number, running):
                ended.append(number)
        if not self.paused:
            waiting = [r for r in self._session.recordings() if r.status == "waiting"]
            for recording in waiting[: self._workers - len(self._running)]:
                self._start(recording.id, recording.path)
        return ended

    def pause(self) -> None:
        """Lets every process wait where it is; none is started."""
        self.paused = True
        for running in self._running.values():
            running.may_run.clear()

    def resume(self) -> None:
        """Goes on after a pause."""
        self.paused = False
        for running in self._running.values():
            running.may_run.set()

    def cancel(self, number: int) -> None:
        """Ends one analysis; the recording waits no more until it is queued again."""
        running = self._running.pop(number, None)
        if running is not None:
            _end(running)
        self._session.set_status(number, "paused")

    def enqueue(self, number: int) -> None:
        """Lets a recording be analysed, or analysed again."""
        if number not in self._running:
            self._session.set_status(number, "waiting")

    def close(self) -> None:
        """Ends all processes; what was under way begins again next time."""
        for number, running in self._running.items():
            _end(running)
            self._session.set_status(number, "waiting")
        self._running.clear()

    def _start(self, number: int, path: Path) -> None:
        receiving, sending = self._context.Pipe(duplex=False)
        may_run = self._context.Event()
        may_run.set()
        process = self._context.Process(
            target=_work,
            args=(path, self._model, self._config, sending, may_run),
            name=f"fleeting-{number}",
            daemon=True,
        )
        process.start()
        sending.close()  # the process has its own end: when it dies, reading says so
        self._running[number] = _Running(process, receiving, may_run)
        self._session.set_status(number, "running")

    def _take_news(self, number: int, running: _Running) -> bool:
        """Whether the analysis has ended."""
        try:
            while running.news.poll():
                kind, content = running.news.recv()
                if kind == "progress":
                    running.progress.done, running.progress.total = content
                    continue
                self._forget(number)
                if kind == "done":
                    try:
                        self._session.store_analysis(number, content)
                        return True
                    except SessionError as error:  # the disk is full, for instance
                        content = str(error)
                self._session.set_status(number, "failed", content)
                return True
        except (EOFError, OSError):
            self._forget(number)
            self._session.set_status(
                number,
                "failed",
                "The analysis ended unexpectedly; the computer may have run out of memory. Try it again.",
            )
            return True
        return False

    def _forget(self, number: int) -> None:
        _end(self._running.pop(number))


def _end(running: _Running) -> None:
    running.news.close()
    running.process.terminate()
    running.process.join(_PATIENCE_S)
    if running.process.is_alive():
        running.process.kill()
        running.process.join()
    running.process.close()


def _work(path: Path, model: Path, config: PipelineConfig, news: Connection, may_run: Event) -> None:
    """What a process does."""
    from app.session.analysing import analyse_recording

    if hasattr(os, "nice"):  # Windows knows no such steps: there all work alike
        os.nice(_NICENESS)
    told = 0.0

    def tell(done: int, total: int | None) -> None:
        nonlocal told
        while not may_run.wait(_TELL_EVERY_S):
            pass
        if time.monotonic() - told > _TELL_EVERY_S:
            told = time.monotonic()
            news.send(("progress", (done, total)))

    message: tuple[str, Any]
    try:
        result: Analysis = analyse_recording(path, model, config, tell)
        message = ("done", result)
    except FleetingError as error:
        message = ("failed", str(error))
    except Exception as error:  # whatever it was, the other recordings go on
        message = ("failed", f"{path} could not be analysed ({type(error).__name__}: {error}).")
    with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
        news.send(message)
    news.close()
