from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class FrameRing(Generic[T]):
    """A bounded queue of frames between the capture and the analysis thread.

    Args:
        capacity: Frames it holds.
        lossy: When full, drop the oldest frame and count it (a camera goes on), or make the producer wait (a
            recording can). A dropped frame leaves a jump in the index and in the time stamps, which the analysis sees.
    """

    def __init__(self, capacity: int, lossy: bool) -> None:
        self._frames: deque[T] = deque()
        self._capacity, self._lossy = capacity, lossy
        self._changed = threading.Condition()
        self._closed = False
        self.dropped = 0

    def put(self, frame: T) -> bool:
        """Adds a frame; returns False if the ring was closed."""
        with self._changed:
            while len(self._frames) >= self._capacity and not self._closed:
                if self._lossy:
                    self._frames.popleft()
                    self.dropped += 1
                else:
                    self._changed.wait()
            if self._closed:
                return False
            self._frames.append(frame)
            self._changed.notify_all()
            return True

    def get(self) -> T | None:
        """The oldest frame, waiting for it; None when the ring is closed and empty."""
        with self._changed:
            while not self._frames and not self._closed:
                self._changed.wait()
            if not self._frames:
                return None
            frame = self._frames.popleft()
            self._changed.notify_all()
            return frame

    def close(self, discard: bool = False) -> None:
        """Ends the stream; frames still in the ring can be taken unless they are discarded."""
        with self._changed:
            self._closed = True
            if discard:
                self._frames.clear()
            self._changed.notify_all()
