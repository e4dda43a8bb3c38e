import random
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from app.errors import SourceError
from app.live.player import Player
from app.sources.opening import open_recording
from app.sources.random_access import open_frames


def numbered(index):
    """A picture that tells its number by the brightness of twelve tiles, and noise so that frames differ."""
    picture = np.random.default_rng(index).integers(90, 110, (72, 96, 3)).astype(np.uint8)
    for bit in range(12):
        row, column = divmod(bit, 4)
        picture[24 * row : 24 * row + 24, 24 * column : 24 * column + 24] = 220 if index >> bit & 1 else 20
    return picture


def number_of(picture):
    tiles = picture.reshape(3, 24, 4, 24, 3).mean(axis=(1, 3, 4)).ravel()
    return sum(1 << bit for bit in range(12) if tiles[bit] > 120)


def write(path, count, stamps=None, gop=48, options=None):
    """A film whose frames tell their numbers; ``stamps`` are milliseconds."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 96, 72, "yuv420p"
        stream.gop_size = gop
        stream.time_base = Fraction(1, 1000)
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.options = {"crf": "12", **(options or {})}
        for index in range(count):
            frame = av.VideoFrame.from_ndarray(numbered(index), format="bgr24")
            frame.pts = round(1000 * index / 30) if stamps is None else stamps[index]
            frame.time_base = Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def times_of(path):
    source = open_recording(path)
    frames = list(source.frames())
    source.close()
    return np.array([f.time for f in frames]), [number_of(f.image) for f in frames]


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
@pytest.mark.parametrize("kind", ["steady", "variable", "b-frames", "one key frame"])
def test_every_frame_is_exactly_the_one_that_was_analysed(tmp_path, suffix, kind):
    rng = random.Random(3)
    stamps = None
    if kind == "variable":
        stamps, time = [], 500
        for _ in range(200):
            stamps.append(time)
            time += rng.choice([20, 33, 33, 34, 70, 400])
    options = {"bf": "3"} if kind == "b-frames" else {"bf": "0"}
    path = write(tmp_path / f"film{suffix}", 200, stamps, gop=1000 if kind == "one key frame" else 48, options=options)
    times, numbers = times_of(path)
    assert len(times) == 200
    reader = open_frames(path, times)
    order = [rng.randrange(200) for _ in range(60)]
    for index in (199, 0, 1, 2, 1, 0, 100, 99, 98, 150, *order):
        assert number_of(reader.frame(index)) == numbers[index], index
    with pytest.raises(SourceError, match="has no frame"):
        reader.frame(200)
    reader.close()


def test_pictures_of_a_folder_are_read_by_number(tmp_path):
    for index in (1, 2, 3, 5, 10):
        cv2.imwrite(str(tmp_path / f"img{index}.png"), numbered(index))
    times, numbers = times_of(tmp_path)
    reader = open_frames(tmp_path, times)
    assert [number_of(reader.frame(i)) for i in (4, 0, 3)] == [numbers[i] for i in (4, 0, 3)] == [10, 1, 5]


def test_a_recording_that_was_exchanged_or_is_gone_is_said(tmp_path):
    path = write(tmp_path / "film.mkv", 90)
    times, _ = times_of(path)
    write(path, 30)
    reader = open_frames(path, times)
    assert number_of(reader.frame(10)) == 10
    with pytest.raises(SourceError, match="changed since it was analysed"):
        reader.frame(80)
    reader.close()
    with pytest.raises(SourceError, match="where it lies now"):
        open_frames(tmp_path / "gone.mkv", times)


@pytest.mark.parametrize("name", ["film.mkv", "film.avi"])
def test_a_missing_index_costs_time_and_no_frame(tmp_path, name):
    path = write(tmp_path / name, 150, options={"bf": "0"})
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"\x1c\x53\xbb\x6b" if path.suffix == ".mkv" else b"idx1")])
    times, numbers = times_of(path)
    assert len(times) >= 149  # where an AVI file stops short, its last frame is not shown
    reader = open_frames(path, times)
    for index in (140, 3, 77, 76, len(times) - 1, 0):
        assert number_of(reader.frame(index)) == numbers[index] == index
    reader.close()


def test_an_index_that_leads_nowhere_is_told(tmp_path):
    path = write(tmp_path / "film.avi", 150, options={"bf": "0"})
    content = bytearray(path.read_bytes())
    for entry in range(content.rindex(b"idx1") + 8, len(content) - 15, 16):
        content[entry + 8 : entry + 12] = bytes(4)
    path.write_bytes(content)
    source = open_recording(path)
    assert len(list(source.frames())) < 150
    source.close()
    assert any("could be read" in warning and "cut off or damaged" in warning for warning in source.warnings)


def test_a_recording_that_is_cut_off_or_deleted_while_it_is_open_is_said_or_goes_on(tmp_path):
    path = write(tmp_path / "film.mkv", 3000)  # more than is read at once
    times, _ = times_of(path)
    reader = open_frames(path, times)
    assert number_of(reader.frame(5)) == 5
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    assert number_of(reader.frame(20)) == 20
    with pytest.raises(SourceError, match=r"film\.mkv"):
        reader.frame(2900)
    assert number_of(reader.frame(21)) == 21  # what is left can still be seen
    reader.close()


def collect(player, wanted, seconds=10.0):
    import time

    shown = []
    end = time.monotonic() + seconds
    while time.monotonic() < end and not wanted(shown):
        found = player.take()
        if found is not None:
            assert number_of(found.image) == found.index
            shown.append(found.index)
        time.sleep(0.001)
    assert wanted(shown), shown
    return shown


def test_playing_keeps_its_speed_goes_round_and_stops(tmp_path):
    path = write(tmp_path / "film.mkv", 120)
    times, _ = times_of(path)
    player = Player(lambda: open_frames(path, times), times, lambda: None)
    try:
        player.show(70)
        assert collect(player, lambda shown: bool(shown)) == [70]
        player.play(20, 2.0, (20, 30))
        round_trip = collect(player, lambda shown: shown.count(20) >= 3)
        assert set(round_trip) <= set(range(20, 31))
        assert max(round_trip) >= 27  # the very last may be overtaken by the first
        player.play(110, 1.0)
        end = collect(player, lambda shown: 119 in shown)
        assert end == sorted(end) or end[0] <= 30  # one of the old loop may come first
        player.show(5)
        collect(player, lambda shown: 5 in shown)
    finally:
        player.close()


def test_the_newest_wish_wins(tmp_path):
    path = write(tmp_path / "film.mkv", 150, gop=1000)
    times, _ = times_of(path)
    player = Player(lambda: open_frames(path, times), times, lambda: None)
    try:
        for index in range(149, 0, -1):
            player.show(index)
        assert collect(player, lambda shown: 1 in shown)[-1] == 1
    finally:
        player.close()


def test_a_recording_that_is_gone_is_told_by_the_player(tmp_path):
    player = Player(lambda: open_frames(tmp_path / "gone.mkv", np.arange(3.0)), np.arange(3.0), lambda: None)
    player._thread.join(5)
    assert "gone.mkv" in (player.take_problem() or "")
    player.close()
