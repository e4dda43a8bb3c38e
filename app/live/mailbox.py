from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds the newest item only; what nobody took in time is replaced and counted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._item: T | None = None
        self.replaced = 0

    def put(self, item: T) -> bool:
        """Leaves ``item``; returns True if the mailbox was empty, so that its reader needs to be told."""
        with self._lock:
            was_empty = self._item is None
            if not was_empty:
                self.replaced += 1
            self._item = item
            return was_empty

    def take(self) -> T | None:
        """The newest item, or None if there is nothing new."""
        with self._lock:
            item, self._item = self._item, None
            return item
