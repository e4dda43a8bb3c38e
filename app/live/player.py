"""The thread that fetches frames of a recording for the review: one at a time, the newest wish wins, or in a row."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.live.looking import Box, Look, Looker
from app.live.mailbox import Mailbox
from app.sources.random_access import FrameReader
from assets import ASTANN_ONNX
from model.errors import FleetingError
from model.frame import Image


@dataclass(frozen=True, slots=True)
class Shown:
    """A fetched frame.

    Attributes:
        index: Its index.
        image: Its picture, looked at as it was wanted.
        face: Where the face is, if that was wanted.
        look: How it is looked at.
    """

    index: int
    image: Image
    face: Box | None
    look: Look


@dataclass(frozen=True, slots=True)
class _Wish:
    index: int
    speed: float = 0.0
    loop: tuple[int, int] | None = None
    look: Look = field(default_factory=Look)


class Player:
    """Fetches frames in a thread of its own.

    Args:
        open_reader: Opens the recording; called in the thread.
        times: ``[n]`` seconds of the frames.
        notify: Told from the thread that there is something new to take.
        model: The network whose attention may be shown.
    """

    def __init__(
        self,
        open_reader: Callable[[], FrameReader],
        times: npt.NDArray[np.float64],
        notify: Callable[[], None],
        model: Path = ASTANN_ONNX,
    ) -> None:
        self._open, self._times, self._notify = open_reader, times, notify
        self._shown: Mailbox[Shown] = Mailbox()
        self._problems: Mailbox[str] = Mailbox()
        self._wish: _Wish | None = None
        self._looker = Looker(model, times)
        self.look = Look()
        """How the frames that are asked for from now on are looked at."""
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="fleeting-player", daemon=True)
        self._thread.start()

    def show(self, index: int) -> None:
        """Fetches one frame and stops playing."""
        self._want(_Wish(int(np.clip(index, 0, len(self._times) - 1)), look=self.look))

    def play(self, index: int, speed: float, loop: tuple[int, int] | None = None) -> None:
        """Fetches frame after frame.

        Args:
            index: The first one.
            speed: Seconds of the recording a second; 0.1 is ten times slower.
            loop: First and last frame to go round between.
        """
        self._want(_Wish(index, speed, loop, self.look))

    def take(self) -> Shown | None:
        """The newest frame, or None if there is nothing new."""
        return self._shown.take()

    def take_problem(self) -> str | None:
        """What went wrong, if something did."""
        return self._problems.take()

    def close(self) -> None:
        """Ends the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _want(self, wish: _Wish) -> None:
        with self._changed:
            self._wish = wish
            self._changed.notify()

    def _run(self) -> None:
        try:
            reader = self._open()
        except FleetingError as error:
            self._tell(str(error))
            return
        try:
            while (wish := self._next_wish()) is not None:
                if wish.speed:
                    self._play(reader, wish)
                else:
                    self._fetch(reader, wish.index, wish.look)
        finally:
            reader.close()

    def _next_wish(self) -> _Wish | None:
        with self._changed:
            while self._wish is None and not self._closed:
                self._changed.wait()
            wish, self._wish = self._wish, None
            return None if self._closed else wish

    def _play(self, reader: FrameReader, wish: _Wish) -> None:
        first, last = wish.loop or (0, len(self._times) - 1)
        index = wish.index if first <= wish.index < last else first
        began, start = time.monotonic(), float(self._times[index])
        while self._fetch(reader, index, wish.look):
            if index >= last:
                if wish.loop is None:
                    return
                index, began, start = first, time.monotonic(), float(self._times[first])
                continue
            # Behind its time, playing leaves frames out rather than slow down.
            now = start + (time.monotonic() - began) * wish.speed
            index = min(last, max(index + 1, int(np.searchsorted(self._times, now, side="right")) - 1))
            due = began + (float(self._times[index]) - start) / wish.speed
            with self._changed:
                self._changed.wait_for(lambda: self._wish is not None or self._closed, max(0.0, due - time.monotonic()))
                if self._wish is not None or self._closed:
                    return

    def _fetch(self, reader: FrameReader, index: int, look: Look) -> bool:
        try:
            image, face = self._looker.treat(reader, index, look)
        except FleetingError as error:
            self._tell(str(error))
            return False
        if self._shown.put(Shown(index, image, face, look)):
            self._notify()
        return True

    def _tell(self, problem: str) -> None:
        self._problems.put(problem)
        self._notify()
