import numpy as np
import pytest

from app.errors import SourceError
from app.sources.video import VideoSource
from tests.helpers import write_audio, write_video


def pictures(count, size=(64, 48)):
    return [np.full((size[1], size[0], 3), 20 + 4 * i, np.uint8) for i in range(count)]


def frames_of(path):
    source = VideoSource(path)
    try:
        return list(source.frames()), source
    finally:
        source.close()


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mp4", "libx264"), (".mkv", "libx264"), (".avi", "mpeg4"), (".webm", "libvpx")]
)
def test_all_frames_come_in_order(tmp_path, suffix, codec):
    frames, source = frames_of(write_video(tmp_path / f"clip{suffix}", pictures(20), codec=codec))
    assert [f.index for f in frames] == list(range(20))
    assert [f.time for f in frames] == pytest.approx([i / 30 for i in range(20)], abs=0.002)
    assert [int(f.image.mean()) for f in frames] == pytest.approx([20 + 4 * i for i in range(20)], abs=6)
    assert source.fps == pytest.approx(30, rel=0.05)
    assert source.warnings == []


def test_times_are_the_recordings_own(tmp_path):
    stamps = [0.0, 0.02, 0.1, 0.13, 0.5, 0.52]
    frames, _ = frames_of(write_video(tmp_path / "variable.mkv", pictures(6), stamps=stamps))
    assert [f.time for f in frames] == pytest.approx(stamps, abs=0.001)


def test_time_zero_is_the_first_frame(tmp_path):
    frames, _ = frames_of(write_video(tmp_path / "late.mkv", pictures(3), stamps=[5.0, 5.1, 5.2]))
    assert [f.time for f in frames] == pytest.approx([0.0, 0.1, 0.2], abs=0.001)


def test_a_picture_filmed_upright_is_shown_upright(tmp_path):
    image = np.zeros((48, 64, 3), np.uint8)
    image[:, 32:] = 200  # bright on the right as stored
    path = write_video(tmp_path / "phone.mp4", [image] * 3)
    content = bytearray(path.read_bytes())
    # The track header's matrix says: turn by 90 degrees clockwise, as a phone held upright writes it.
    at = content.index(b"tkhd") + 4 + 4 + 8 + 4 + 4 + 4 + 8 + 2 + 2 + 2 + 2
    turned = [0, 0x00010000, 0, -0x00010000, 0, 0, 0, 0, 0x40000000]
    content[at : at + 36] = b"".join(v.to_bytes(4, "big", signed=True) for v in turned)
    path.write_bytes(content)
    frames, _ = frames_of(path)
    assert frames[0].image.shape == (64, 48, 3)
    assert frames[0].image[50:].mean() > 180
    assert frames[0].image[:14].mean() < 20


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"gone\.mp4 does not exist"):
        VideoSource(tmp_path / "gone.mp4")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b"dear diary\n" * 50, "not a video"), (bytes(range(256)) * 40, "not a video")],
)
def test_a_file_that_is_no_video_is_refused(tmp_path, content, words):
    path = tmp_path / "notes.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=words):
        VideoSource(path)


def test_a_recording_of_sound_alone_is_refused(tmp_path):
    with pytest.raises(SourceError, match="only sound"):
        VideoSource(write_audio(tmp_path / "voice.m4a"))


def test_a_folder_is_not_a_video(tmp_path):
    with pytest.raises(SourceError, match="is a folder"):
        VideoSource(tmp_path)


def test_a_truncated_recording_gives_its_readable_part_and_says_so(tmp_path):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (120, 160, 3)).astype(np.uint8) for _ in range(60)]
    path = write_video(tmp_path / "cut.mkv", images)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames, source = frames_of(path)
    assert 5 < len(frames) < 60
    assert any("cut off or damaged" in w or "damaged in places" in w for w in source.warnings)


def test_a_recording_cut_off_before_its_first_picture_says_so(tmp_path):
    path = write_video(tmp_path / "cut.mkv", pictures(30))
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(SourceError, match=r"cut\.mkv"):
        frames_of(path)


def test_a_file_that_may_not_be_read_says_so(tmp_path, monkeypatch):
    path = write_video(tmp_path / "private.mp4", pictures(3))

    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("app.sources.video.av.open", refuse)
    with pytest.raises(SourceError, match=r"private\.mp4 may not be read"):
        VideoSource(path)
