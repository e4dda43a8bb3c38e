import threading

import pytest

from app.errors import SourceError
from app.live.ahead import read_ahead
from tests.helpers import still_frames


def readers():
    return [t for t in threading.enumerate() if t.name == "fleeting-reader"]


def test_frames_come_in_order_and_none_is_lost():
    frames = still_frames(30)
    assert [f.index for f in read_ahead(iter(frames))] == list(range(30))
    assert not readers()


def test_whoever_stops_early_leaves_no_thread_behind():
    frames = read_ahead(iter(still_frames(60)))
    next(frames)
    assert readers()
    frames.close()
    assert not readers()


def test_what_the_source_raises_comes_behind_its_frames():
    def breaking():
        yield from still_frames(3)
        raise SourceError("the cable was pulled")

    frames = read_ahead(breaking())
    assert [next(frames).index for _ in range(3)] == [0, 1, 2]
    with pytest.raises(SourceError, match="cable"):
        next(frames)
