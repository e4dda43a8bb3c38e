import cv2
import numpy as np
import pytest

from app.errors import SourceError
from app.sources.images import ImageSequenceSource
from app.sources.opening import open_recording


def fill(folder, names):
    for i, name in enumerate(names):
        cv2.imwrite(str(folder / name), np.full((10, 12, 3), 10 * (i + 1), np.uint8))


def test_pictures_are_ordered_by_their_numbers(tmp_path):
    fill(tmp_path, ["img10.png", "img2.png", "img1.png"])
    frames = list(open_recording(tmp_path, 100.0).frames())
    assert [int(f.image.mean()) for f in frames] == [30, 20, 10]
    assert [f.time for f in frames] == [0.0, 0.01, 0.02]


def test_an_unreadable_picture_leaves_a_gap_and_a_warning(tmp_path):
    fill(tmp_path, ["1.png", "2.png", "3.png"])
    (tmp_path / "2.png").write_bytes(b"broken")
    source = ImageSequenceSource(tmp_path)
    assert [f.index for f in source.frames()] == [0, 2]
    assert "2.png" in source.warnings[0]


def test_a_folder_without_pictures_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing to see")
    with pytest.raises(SourceError, match="has no pictures"):
        ImageSequenceSource(tmp_path)


def test_a_folder_of_broken_pictures_is_refused(tmp_path):
    (tmp_path / "1.png").write_bytes(b"broken")
    with pytest.raises(SourceError, match="None of the 1 pictures"):
        list(ImageSequenceSource(tmp_path).frames())


@pytest.mark.parametrize("fps", [0.0, -3.0, 1e6, float("nan")])
def test_a_rate_that_makes_no_sense_is_refused(tmp_path, fps):
    fill(tmp_path, ["1.png"])
    with pytest.raises(SourceError, match="frames per second"):
        ImageSequenceSource(tmp_path, fps)
