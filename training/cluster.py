"""Work spread over processes of this machine, or over a Dask cluster; what is finished comes back at once."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

# An item is tried again so often when it fails or its worker dies.
_RETRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where work runs.

    Attributes:
        workers: Processes of this machine; 1 works on one item after another in this one.
        scheduler: Address of a Dask scheduler, if there is one; its workers must see the same folders.
    """

    workers: int = 1
    scheduler: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An item that did not succeed, and why."""

    reason: str


def each(
    work: Callable[[Item], Outcome], items: Mapping[int, Item], cluster: Cluster
) -> Iterator[tuple[int, Outcome | Failure]]:
    """Works on items and yields each with its key as soon as it is finished; one that fails stops no other.

    Args:
        work: What to do; it is sent to other processes.
        items: What to do it to.
        cluster: Where.
    """
    if not items:
        return
    if cluster.scheduler is None and cluster.workers == 1:
        for key, item in items.items():
            try:
                yield key, work(item)
            except Exception as error:  # whatever it was, the other items go on
                yield key, _failure(error)
        return
    from distributed import Client, LocalCluster, as_completed

    with contextlib.ExitStack() as opened:
        address: Any = cluster.scheduler
        if address is None:
            address = opened.enter_context(
                LocalCluster(  # type: ignore[no-untyped-call]  # Dask leaves its constructors untyped
                    n_workers=cluster.workers,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",
                    silence_logs=logging.CRITICAL,
                )
            )
        client = opened.enter_context(Client(address))  # type: ignore[no-untyped-call]
        # Sent once, not with every item. The scheduler keeps it as a task of its own and does that again if the worker
        # that holds the outcome dies; data that is scattered instead would be lost, and every item with it.
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Sending large graph")  # that is what is meant here
            shared = client.submit(_given, work, retries=_RETRIES, pure=False)
        futures = {
            client.submit(_apply, shared, item, retries=_RETRIES, pure=False): key for key, item in items.items()
        }
        for future in as_completed(futures):  # type: ignore[no-untyped-call]
            wrong = future.exception()
            yield futures[future], future.result() if wrong is None else _failure(wrong)
            future.release()


def _given(work: Callable[[Item], Outcome]) -> Callable[[Item], Outcome]:
    return work


def _apply(work: Callable[[Item], Outcome], item: Item) -> Outcome:
    return work(item)


def _failure(error: BaseException) -> Failure:
    return Failure(f"{error}" or type(error).__name__)
