import itertools
import json

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import training.spotting.bench as bench
from model.crop import CROP_SIZE
from model.regions import REGIONS
from training.spotting.directional import above, directional_difference
from training.spotting.region_flow import peaks, region_flow
from training.spotting.report import write_result
from training.spotting.scenes import POOR_LIGHT, WEBCAM, Scene
from training.spotting.scores import Found, Tally, Truth, milliseconds, tally
from training.synthesis.timecourse import TimeCourse

FPS = 50.0
COURSE = TimeCourse(1.3, 1.42, 1.6)
MOUTH = (40.0, 88.0)


def moving_face(course=COURSE, seconds=3.0, pixels=3.0):
    """Crops of a textured plate of which a patch moves up and comes back, and their times."""
    texture = cv2.GaussianBlur(
        np.random.default_rng(0).integers(0, 256, (CROP_SIZE, CROP_SIZE)).astype(np.float32), (0, 0), 2
    )
    texture = (texture - texture.min()) / np.ptp(texture) * 255
    x, y = np.meshgrid(np.arange(CROP_SIZE, dtype=np.float32), np.arange(CROP_SIZE, dtype=np.float32))
    patch = np.exp(-((x - MOUTH[0]) ** 2 + (y - MOUTH[1]) ** 2) / (2 * 9.0**2)).astype(np.float32)
    times = np.arange(0.0, seconds, 1 / FPS)
    shifts = [np.float32(pixels * course.strength(t)) for t in times]
    crops = [
        cv2.remap(texture, x, y + shift * patch, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT) for shift in shifts
    ]
    return np.stack(crops).astype(np.uint8), times


def test_each_report_and_each_truth_counts_once():
    truth = [Truth(1.0, 1.1, 1.3, 0.02), Truth(3.0, 3.1, 3.3, 0.02)]
    found = [Found(1.0, 1.12, 1.3, 1.4), Found(1.02, 1.1, 1.31, 1.5), Found(5.0, 5.1, 5.2, 5.3)]
    t = tally(found, truth, 30.0)
    assert (t.true, t.hits, t.alarms) == (2, 1, 2)
    assert t.f1 == pytest.approx(2 * 1 / (2 + 3))
    assert t.precision == pytest.approx(1 / 3)
    assert t.recall == 0.5
    assert t.alarms_a_minute == pytest.approx(4.0)
    assert t.apex_errors == pytest.approx([0.02])
    assert t.latencies == pytest.approx([0.1])


def test_weak_movements_count_neither_way():
    truth = [Truth(1.0, 1.1, 1.3, 0.02), Truth(3.0, 3.1, 3.3, 0.006)]
    found = [Found(1.0, 1.1, 1.3), Found(3.0, 3.1, 3.3)]
    t = tally(found, truth, 30.0, (0.01, 1.0))
    assert (t.true, t.hits, t.alarms) == (1, 1, 0)
    assert tally(found[:1], truth, 30.0, (0.01, 1.0)).recall == 1.0


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0.05, 0.5)), max_size=12))
def test_perfect_reports_score_one_and_none_score_nothing(drawn):
    starts = sorted({round(start) + 0.0 for start, _ in drawn})
    truth = [Truth(s, s + d / 2, s + d, 0.02) for s, (_, d) in zip(starts, drawn, strict=False)]
    found = [Found(t.onset, t.apex, t.offset) for t in truth]
    assert tally(found, truth, 60.0).f1 == (1.0 if truth else 0.0)
    assert tally([], truth, 60.0).hits == 0
    assert tally(found, [], 60.0).alarms == len(found)


def test_tallies_add_up():
    total = Tally()
    for _ in range(2):
        total.add(tally([Found(1.0, 1.1, 1.2)], [Truth(1.0, 1.15, 1.2, 0.01)], 10.0))
    assert (total.seconds, total.hits, total.alarms) == (20.0, 2, 0)
    assert milliseconds(total.apex_errors) == pytest.approx(50.0)
    assert np.isnan(milliseconds(total.latencies))


def test_the_directional_difference_peaks_where_the_face_moves_and_returns():
    crops, times = moving_face()
    curve = directional_difference(crops, times, 0.2)
    assert times[curve.argmax()] == pytest.approx(COURSE.apex, abs=0.1)
    (found,) = above(curve, times, 0.3)
    assert found.onset < COURSE.apex < found.offset
    still = directional_difference(crops[:40], times[:40], 0.2)
    assert still.max() < 0.1 * curve.max()


def test_region_flow_finds_the_movement_and_its_feet():
    crops, times = moving_face()
    centres = np.full((len(REGIONS), 2), 20.0, dtype=np.float32)
    centres[REGIONS.index("right mouth corner")] = MOUTH
    (found,) = peaks(region_flow(crops, times, centres), 0.01)
    assert found.apex == pytest.approx(COURSE.apex, abs=0.05)
    assert found.onset == pytest.approx(COURSE.onset, abs=0.08)
    assert found.offset == pytest.approx(COURSE.offset, abs=0.08)
    assert peaks(region_flow(crops[:60], times[:60], centres), 0.01) == []


@pytest.mark.parametrize("seed", range(6))
def test_a_scene_knows_its_micro_expressions_exactly(people, seed):
    scene = Scene(people.training[0], WEBCAM, 30.0, 40.0, talk=False, seed=seed)
    recording, truth = scene.recording()
    assert truth
    assert [(t.onset, t.apex, t.offset) for t in truth] == [
        (m.course.onset, m.course.apex, m.course.offset) for m in recording.script.movements
    ]
    for t, following in itertools.pairwise(truth):
        assert t.offset + 1.0 < following.onset
    for t in truth:
        assert 0.1 <= t.offset - t.onset <= 0.5
        assert 0.004 < t.peak < 0.031
        assert all(said.end < t.onset or t.offset < said.start for said in recording.script.speech)
    assert scene.recording()[1] == truth
    assert recording.script.blinks


def test_people_who_only_talk_make_no_expression(people):
    recording, truth = Scene(people.training[0], WEBCAM, 30.0, 60.0, talk=True, seed=0).recording()
    assert truth == ()
    assert recording.script.longer == ()
    assert len(recording.script.speech) > 3


def test_poor_light_is_dark_and_streams_are_coded(people):
    pictures = []
    for setting in (WEBCAM, POOR_LIGHT):
        recording, _ = Scene(people.training[0], setting, 25.0, 0.2, talk=True, seed=0).recording()
        assert recording.crf is not None
        pictures.append([frame.image for frame in recording.frames()])
    assert [len(p) for p in pictures] == [5, 5]
    assert pictures[1][0].mean() < 0.7 * pictures[0][0].mean()


def test_the_benchmark_writes_table_data_and_plot(people, tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "_TUNING_SCENES", 1)
    monkeypatch.setattr(bench, "_TUNING_SECONDS", 5.0)
    monkeypatch.setattr(bench, "JUDGED_PEAKS", (0.0, 1.0))
    monkeypatch.setattr(bench, "_CELLS", ((WEBCAM, 25.0, 10.0, False), (WEBCAM, 25.0, 2.0, True)))
    result = bench.bench_spotting(people, lambda _name: lambda _done, _all: None, persons=1)
    table, data, plot = write_result(result, tmp_path)
    rows = json.loads(data.read_text())
    assert {row["method"] for row in rows} == {
        "Fleeting, live",
        "Fleeting, recordings",
        "main directional difference",
        "region flow",
    }
    assert len(rows) == 8
    assert rows[0]["true"] >= 1
    assert "talk only" in table.read_text()
    assert plot.read_text().count("<svg") == 1
