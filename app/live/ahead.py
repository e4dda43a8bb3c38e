"""Reading a recording ahead of its analysis, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from typing import Final

from app.live.ring import FrameRing
from model.frame import Frame

# Enough to ride out the decoder's key frames; a frame of 4K video takes 25 MB.
_AHEAD_FRAMES: Final = 8


def read_ahead(frames: Iterator[Frame]) -> Generator[Frame, None, None]:
    """The same frames, decoded while the ones before them are analysed.

    Closing the iterator ends the thread; what ``frames`` raises is raised here, behind the frames before it.
    """
    ring = FrameRing[Frame](_AHEAD_FRAMES, lossy=False)
    failures: list[BaseException] = []

    def read() -> None:
        try:
            for frame in frames:
                if not ring.put(frame):
                    return
        except BaseException as failure:
            failures.append(failure)
        finally:
            ring.close()

    reader = threading.Thread(target=read, name="fleeting-reader", daemon=True)
    reader.start()
    try:
        while (frame := ring.get()) is not None:
            yield frame
        if failures:
            raise failures[0]
    finally:
        ring.close(discard=True)
        reader.join()
