"""Work in parallel processes."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

Progress = Callable[[str], Callable[[int, int], None]]
"""Opens a progress bar of a name; what it returns is told (done, in all)."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> list[Result]:
    """``work`` of every item, in the items' order.

    Args:
        work: A function of a module (it is sent to other processes).
        items: What to work on.
        progress: Told (items done, items in all).
        workers: Processes; default one per core.

    Raises:
        Exception: The first that any of them raises; what has not begun is dropped.
    """
    if not items:
        return []
    # Spawned, not forked: a fork of a process in which OpenCV or MediaPipe run threads hangs.
    with ProcessPoolExecutor(
        min(workers or os.cpu_count() or 1, len(items)), multiprocessing.get_context("spawn")
    ) as pool:
        pending = [pool.submit(work, item) for item in items]
        try:
            for done, future in enumerate(as_completed(pending), start=1):
                future.result()
                if progress is not None:
                    progress(done, len(items))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [future.result() for future in pending]
