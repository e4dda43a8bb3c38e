import itertools

import numpy as np
import pytest

from app.errors import SourceError
from app.sources.camera import CameraInfo, CameraSource, find_camera
from tests.helpers import FakeDevice

CAMERA = CameraInfo("Desk camera", 0)


def pictures(count, shape=(48, 64, 3)):
    return [np.random.default_rng(i).integers(0, 255, shape).astype(np.uint8) for i in range(count)]


def source_of(device, clock=None):
    ticks = itertools.count()
    return CameraSource(CAMERA, lambda _index, _backend: device, clock or (lambda: next(ticks) / 30))


def test_frames_carry_the_time_at_which_they_were_taken():
    source = source_of(FakeDevice(pictures(3)))
    frames = list(itertools.islice(source.frames(), 3))
    assert [f.time for f in frames] == pytest.approx([0, 1 / 30, 2 / 30])
    assert [f.index for f in frames] == [0, 1, 2]


def test_a_camera_that_does_not_open_is_named_and_released():
    device = FakeDevice([], opened=False)
    with pytest.raises(SourceError, match="Desk camera does not open"):
        source_of(device)
    assert device.released == 1


def test_a_camera_in_use_by_another_program_says_so():
    with pytest.raises(SourceError, match="delivers no picture"):
        list(source_of(FakeDevice([None] * 20)).frames())


def test_an_unplugged_camera_says_so():
    source = source_of(FakeDevice(pictures(5)))
    seen = []
    with pytest.raises(SourceError, match="was unplugged"):
        seen.extend(source.frames())
    source.close()


def test_a_missed_picture_now_and_then_is_survived():
    good = pictures(4)
    source = source_of(FakeDevice([good[0], None, good[1], None, None, good[2], good[3]]))
    assert len(list(itertools.islice(source.frames(), 4))) == 4


def test_a_camera_that_repeats_its_last_picture_is_found_out():
    good = pictures(3)
    source = source_of(FakeDevice([*good, *[good[2]] * 200]))
    seen = []
    with pytest.raises(SourceError, match="repeats the same picture"):
        seen.extend(source.frames())


def test_a_picture_delivered_twice_is_counted_once():
    good = pictures(3)
    source = source_of(FakeDevice([good[0], good[0], good[1], good[1], good[2]]))
    assert len(list(itertools.islice(source.frames(), 3))) == 3
    assert source.repeated == 2


def test_the_picture_may_come_in_another_size_than_asked_for():
    source = source_of(FakeDevice(pictures(2, (1080, 1920, 3))))
    assert next(source.frames()).image.shape == (1080, 1920, 3)


def test_closing_ends_the_frames_and_releases_once():
    device = FakeDevice(pictures(10))
    source = source_of(device)
    frames = source.frames()
    next(frames)
    source.close()
    source.close()
    assert list(frames) == []
    assert device.released == 1


def test_a_camera_that_is_not_there_is_named():
    with pytest.raises(SourceError, match="not connected"):
        CameraSource(CameraInfo("Camera 63", 63))


def test_a_camera_that_may_not_be_used_says_what_to_do(monkeypatch):
    monkeypatch.setattr("app.sources.camera.os.path.exists", lambda _path: True)
    monkeypatch.setattr("app.sources.camera.os.access", lambda _path, _mode: False)
    with pytest.raises(SourceError, match="permission to /dev/video0 is denied"):
        CameraSource(CAMERA)


def test_cameras_are_found_by_index_or_part_of_their_name(monkeypatch):
    monkeypatch.setattr("app.sources.camera.list_cameras", lambda: [CameraInfo("Logi C920", 2), CAMERA])
    assert find_camera("3").index == 3
    assert find_camera("desk") == CAMERA
    with pytest.raises(SourceError, match="Logi C920, Desk camera"):
        find_camera("attic")
