import csv
import json
import shutil

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.representation import FACE_MASK
from training.flow_maps import COLUMNS, CROP, LABELS, MANIFEST, FlowMapError, is_flow_map_set, read_flow_maps
from training.looks import normal_form, published_look, shaken


def write_set(folder, rows, crop=None, columns=COLUMNS):
    with (folder / MANIFEST).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    if crop is not None:
        (folder / CROP).write_text(json.dumps(crop))


def bump(x, y, side=28, channel=1):
    """A map that is still but for one place, given in fractions; channels in the order u, v, strain."""
    rows, columns = np.mgrid[0:side, 0:side]
    maps = np.full((side, side, 3), 100.0)
    centre = ((columns + 0.5) / side - x) ** 2 + ((rows + 0.5) / side - y) ** 2
    maps[..., channel] += 120 * np.exp(-centre / 0.005)
    return maps.round().astype(np.uint8)[..., ::-1].copy()  # OpenCV writes blue first


def peak(channel):
    """Middle of what moves at least half as much as the most."""
    rows, columns = np.nonzero(np.abs(channel) > np.abs(channel).max() / 2)
    return (columns.mean() + 0.5) / 64, (rows.mean() + 0.5) / 64


def test_a_set_made_elsewhere_is_read(maps, map_folder):
    assert is_flow_map_set(map_folder)
    assert len(maps) == 36
    assert not maps.refused
    assert set(maps.databases) == {"other"}
    assert len(set(maps.subjects)) == 3
    assert maps.maps.shape == (36, 3, 4, 64, 64)
    assert not maps.maps[:, 0].any()  # no onset
    assert not maps.maps[:, :, 0].any()  # no picture
    np.testing.assert_array_equal(maps.present[0], (0, 1, 1))
    inside = FACE_MASK > 0.99
    np.testing.assert_allclose(maps.maps[:, 1, 1:][..., inside].std(axis=-1), 1.0, atol=0.5)


def test_a_place_of_the_map_comes_to_its_place_in_our_crop(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), bump(0.5, 0.75))
    crop = {"eye_left": [0.3, 0.35], "eye_right": [0.7, 0.35], "mouth": [0.5, 0.75]}
    write_set(tmp_path, [["c", "s", "d", "positive", "a.png", ""]], crop)
    maps = read_flow_maps(tmp_path)
    np.testing.assert_array_equal(maps.present[0], (0, 1, 0))
    assert peak(maps.maps[0, 1, 2]) == pytest.approx((64 / 128, 86 / 128), abs=0.03)  # our mouth


def test_without_a_crop_file_the_map_is_our_crop(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), bump(0.4, 0.6, side=256, channel=0))
    write_set(tmp_path, [["c", "s", "d", "negative", "a.png", ""]])
    assert peak(read_flow_maps(tmp_path).maps[0, 1, 1]) == pytest.approx((0.4, 0.6), abs=0.02)


def test_bad_rows_are_named_and_left_out(map_folder, tmp_path):
    some = next(map_folder.glob("*_onset_apex.png"))
    shutil.copy(some, tmp_path / "good.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    cv2.imwrite(str(tmp_path / "grey.png"), np.zeros((28, 28), np.uint8))
    rows = [
        ["one", "s1", "d", "negative", "good.png", ""],
        ["two", "s1", "d", "negative", "gone.png", ""],
        ["three", "s1", "d", "disgust", "good.png", ""],
        ["one", "s1", "d", "negative", "good.png", ""],
        ["four", "s1", "d", "positive", "broken.png", ""],
        ["five", "s1", "d", "positive", "grey.png", ""],
        ["six", "s1", "d", "positive", "", ""],
        ["one", "s1", "other", "surprise", "good.png", "good.png"],
    ]
    write_set(tmp_path, rows)
    maps = read_flow_maps(tmp_path)
    assert maps.clips == ("one", "one")
    assert maps.subjects == ("d/s1", "other/s1")
    words = ("gone.png is missing", "label 'disgust'", "listed twice", "cannot be read", "is grey", "is empty")
    assert len(maps.refused) == len(words)
    for line, (problem, word) in enumerate(zip(maps.refused, words, strict=True), start=3):
        assert word in problem
        assert f"line {line}:" in problem


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "manifest.csv cannot be read"),
        ("clip,subject\n1,2\n", "lacks the columns database, label, onset_apex, apex_offset"),
        (",".join(COLUMNS) + "\n", "No clip of .*manifest.csv can be used"),
        (",".join(COLUMNS) + "\na,b,c,none,x.png,\n", "No clip of .* can be used"),
        ("cl\x00ip", "manifest.csv"),
        (b"\xff\xfe\x00", "no table in UTF-8"),
    ],
)
def test_a_manifest_without_use_is_refused(tmp_path, content, words):
    if content is not None:
        (tmp_path / MANIFEST).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(FlowMapError, match=words):
        read_flow_maps(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "no json",
        "{}",
        '{"eye_left": [0.3, 0.3], "eye_right": [0.7, 0.3], "mouth": [0.5]}',
        '{"eye_left": [0.3, 0.3], "eye_right": [0.7, 0.3], "mouth": [0.5, 0.3]}',
        '{"eye_left": [0.3, 0.3], "eye_right": [0.7, 0.3], "mouth": "x"}',
    ],
)
def test_a_crop_file_without_use_is_refused(tmp_path, content):
    write_set(tmp_path, [])
    (tmp_path / CROP).write_text(content)
    with pytest.raises(FlowMapError, match=r"crop\.json cannot be used"):
        read_flow_maps(tmp_path)


@given(st.floats(0.1, 50), st.floats(-100, 100), st.floats(-0.05, 0.05), st.floats(-0.05, 0.05), st.integers(0, 999))
@settings(max_examples=25)
def test_zero_level_scale_and_slope_of_a_map_do_not_matter(gain, level, across, down, seed):
    rng = np.random.default_rng(seed)
    flow = torch.from_numpy(rng.normal(0, 0.05, (1, 1, 3, 64, 64)).astype(np.float32))
    flow[:, :, :, 40:48, 20:30] += 3.0
    x = torch.arange(64.0)
    other = gain * flow + level
    other[:, :, :2] += gain * (across * x[None, :] + down * x[:, None])
    shown = torch.ones(1, 64, 64)
    torch.testing.assert_close(normal_form(other, shown), normal_form(flow, shown), atol=0.05, rtol=0.05)


def test_what_a_map_does_not_show_stays_zero():
    shown = torch.ones(2, 64, 64)
    shown[:, 50:] = 0.0
    form = normal_form(torch.randn(2, 2, 3, 64, 64) + 5, shown)
    assert not form[..., 50:, :].any()
    assert form[..., 20:40, 20:40].any()


def test_looks_differ_but_keep_the_movement():
    torch.manual_seed(0)
    maps = torch.zeros(40, 3, 4, 64, 64)
    maps[:, 1, 2, 40:50, 28:36] = -2.0
    looks, _ = published_look(maps)
    assert looks.std(dim=0).max() > 0.3
    lowest = looks[:, 1, 2].flatten(1).argmin(dim=1)
    rows, columns = lowest // 64, lowest % 64
    assert ((rows > 32) & (rows < 58) & (columns > 20) & (columns < 44)).float().mean() > 0.9
    again = shaken(looks)
    assert again.shape == looks.shape
    assert not again[:, 0].any()


def test_labels_are_the_three_emotions():
    assert LABELS == ("negative", "positive", "surprise")
