"""Threads that work beside the face mesh."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

# A movement's flows are measured on both cores while the face mesh waits.
_THREADS: Final = 2

P = ParamSpec("P")
T = TypeVar("T")


class Workers(Executor):
    """Threads that start with the first job, end with `shutdown`, and start again with the next job."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Has a thread call ``fn``."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_THREADS, "fleeting-motion")
        return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the threads."""
        if self._pool is not None:
            self._pool.shutdown(wait, cancel_futures=cancel_futures)
            self._pool = None
