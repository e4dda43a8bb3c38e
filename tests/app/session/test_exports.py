"""Whole files, read back by somebody else's eyes."""

import csv
import errno
import json
import os
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import numpy as np
import pympi
import pytest
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import FleetingError, OutputError, SessionError
from app.session.exports.everything import FORMATS, export
from app.session.exports.material import gather
from app.session.records import Analysis, Found
from app.session.session import Session

CODES = ["P1", 'P\t"2"', "😀 & <b>", "אבג --> ד", "a\nb"]


def found(number, onset, label="positive", face=0, kind="micro"):
    details = {"action_units": {"AU06": 0.4, "AU12": 0.93}, "strength": 0.0123}
    return Found(0, face, number, kind, label, 0.81, onset, onset + 0.12, onset + 0.3, details)


@pytest.fixture
def session(tmp_path):
    video = tmp_path / "session one.mp4"
    video.write_bytes(b"film" * 500)
    with Session(tmp_path / "p.fleeting", create=True) as opened:
        number = opened.add_recording(video).id
        times = np.arange(600) / 30 + np.linspace(0, 0.01, 600)
        motion = np.linspace(0, 3, 1800).reshape(600, 3).astype(np.float32)
        motion[5] = np.nan
        events = (
            found(1, 2.0),
            found(2, 5.0, "negative"),
            found(3, 9.0, "surprise", face=1),
            found(1, 12.0, "", kind="blink"),
        )
        opened.store_analysis(number, Analysis({"model": {"sha256": "ab"}, "size": (640, 480)}, times, motion, events))
        rater = opened.rater("R1").id
        known = opened.analysis(number).events
        opened.judge(rater, number, known[0], "accepted")
        opened.judge(rater, number, known[1], "rejected")
        own = opened.add_mark(rater, number, 0, "negative", 15.0, 15.1, 15.25)
        opened.change_mark(own.id, note='she said "no"\tand smiled\n')
        opened.add_note(rater, number, 3.0, "looks aside <again> & again")
        opened.add_note(rater, number, 3.4, "cup")
        yield opened


def written(session, folder, *formats, **options):
    return export(gather(session, 1, **options), folder, formats or tuple(FORMATS))


def test_every_format_is_written_beside_its_metadata(session, tmp_path):
    paths = written(session, tmp_path / "out")
    assert {p.name for p in paths} == {
        "events.csv", "frames.csv", "session one.eaf", "session one.TextGrid", "sub-sessionone_task-review_events.tsv",
        "session one.vtt", "session one.boris.tsv", "events.json", "metadata.json",
    }  # fmt: skip
    assert all(p.stat().st_size > 60 for p in paths)
    assert not [p for p in (tmp_path / "out").iterdir() if p.suffix == ".writing"]
    facts = json.loads((tmp_path / "out" / "metadata.json").read_text())
    assert facts["analysis"]["model"]["sha256"] == "ab"
    assert facts["raters"] == ["R1"]


def test_the_table_of_events_holds_the_models_and_every_raters_view(session, tmp_path):
    (path, _) = written(session, tmp_path, "csv")
    rows = list(csv.DictReader(path.open(newline="", encoding="utf-8")))
    seen = [(r["author"], r["verdict"], r["label"], r["onset_s"], r["model_event"]) for r in rows]
    assert seen == [
        ("R1", "accepted", "positive", "2.0000", "1"), ("model", "", "positive", "2.0000", "1"),
        ("R1", "rejected", "negative", "5.0000", "2"), ("model", "", "negative", "5.0000", "2"),
        ("model", "", "surprise", "9.0000", "3"), ("R1", "added", "negative", "15.0000", ""),
    ]  # fmt: skip
    times = np.arange(600) / 30 + np.linspace(0, 0.01, 600)
    for row in rows:
        assert int(row["onset_frame"]) == np.abs(times - float(row["onset_s"])).argmin()
    assert (rows[1]["AUs"], rows[1]["strength_percent"], rows[1]["duration_ms"]) == ("AU12", "1.230", "300")
    assert rows[-1]["note"] == 'she said "no"\tand smiled\n'


def test_frames_are_in_openfaces_order_with_gaps_marked(session, tmp_path):
    (path, _) = written(session, tmp_path, "frames")
    rows = list(csv.reader(path.open(newline="")))
    assert rows[0][:5] == ["frame", "face_id", "timestamp", "confidence", "success"]
    assert len(rows) == 601
    assert rows[6][3:] == ["0", "0", "", "", ""]
    assert float(rows[600][2]) == pytest.approx(599 / 30 + 0.01, abs=1e-5)


def check_eaf(path):
    """The rules of the EAF 3.0 schema that this program could break; returns tier to (start, end, text)."""
    root = ET.parse(path).getroot()
    assert root.tag == "ANNOTATION_DOCUMENT"
    assert {"AUTHOR", "DATE", "FORMAT", "VERSION"} <= set(root.attrib)
    order = [child.tag for child in root]
    ranks = {name: n for n, name in enumerate((
        "LICENSE", "HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE", "LOCALE", "LANGUAGE", "CONSTRAINT",
        "CONTROLLED_VOCABULARY", "LEXICON_REF", "EXTERNAL_REF",
    ))}  # fmt: skip
    assert [ranks[tag] for tag in order] == sorted(ranks[tag] for tag in order)
    media = root.find("HEADER/MEDIA_DESCRIPTOR")
    assert media.get("MEDIA_URL").startswith("file:///")
    assert media.get("MIME_TYPE")
    slots = {slot.get("TIME_SLOT_ID"): int(slot.get("TIME_VALUE")) for slot in root.find("TIME_ORDER")}
    types = {kind.get("LINGUISTIC_TYPE_ID") for kind in root.findall("LINGUISTIC_TYPE")}
    names, tiers = [], {}
    for tier in root.findall("TIER"):
        assert tier.get("LINGUISTIC_TYPE_REF") in types
        stretches = []
        for annotation in tier.iter("ALIGNABLE_ANNOTATION"):
            names.append(annotation.get("ANNOTATION_ID"))
            start, end = slots[annotation.get("TIME_SLOT_REF1")], slots[annotation.get("TIME_SLOT_REF2")]
            stretches.append((start, end, annotation.find("ANNOTATION_VALUE").text))
        stretches.sort()
        assert all(start < end for start, end, _ in stretches)
        assert all(a[1] <= b[0] for a, b in pairwise(stretches))
        assert tier.get("TIER_ID") not in tiers
        tiers[tier.get("TIER_ID")] = stretches
    assert len(set(names)) == len(names)
    languages = {language.get("LANG_ID") for language in root.findall("LANGUAGE")}
    for word in root.iter("CVE_VALUE"):
        assert word.get("LANG_REF") in languages
    return tiers


def test_elan_opens_it_with_a_tier_for_each_author_and_person(session, tmp_path):
    (path, _) = written(session, tmp_path, "elan")
    tiers = check_eaf(path)
    assert tiers == {
        "model P1": [(2000, 2300, "positive"), (5000, 5300, "negative")],
        "model P2": [(9000, 9300, "surprise")],
        "R1 P1": [(2000, 2300, "positive"), (15000, 15250, "negative")],
        "notes R1": [(3000, 3400, "looks aside <again> & again"), (3400, 4400, "cup")],
    }
    assert pympi.Eaf(str(path)).get_tier_names()


@given(
    onsets=st.lists(st.floats(0.0, 19.0), max_size=12),
    lengths=st.lists(st.floats(0.0005, 3.0), min_size=12, max_size=12),
)
@settings(max_examples=15)
def test_whatever_overlaps_stays_a_valid_document(onsets, lengths, tmp_path_factory):
    folder = tmp_path_factory.mktemp("elan")
    video = folder / "v.mkv"
    video.write_bytes(b"film")
    with Session(folder / "p.fleeting", create=True) as session:
        number = session.add_recording(video).id
        session.store_analysis(number, Analysis({}, np.arange(600) / 30, np.zeros((600, 3), np.float32), ()))
        rater = session.rater("R1").id
        for onset, length in zip(onsets, lengths, strict=False):
            session.add_mark(rater, number, 0, "x", onset, onset + length / 2, onset + length)
        export(gather(session, number), folder / "out")
    tiers = check_eaf(folder / "out" / "v.eaf")
    assert sum(len(stretches) for stretches in tiers.values()) == len(onsets)
    grid = pympi.Praat.TextGrid(str(folder / "out" / "v.TextGrid"))
    intervals = [i for tier in grid.get_tiers() for i in tier.get_intervals() if i[2]]
    assert len(intervals) == len(onsets)


def test_praat_reads_the_same_tiers(session, tmp_path):
    (path, _) = written(session, tmp_path, "praat")
    grid = pympi.Praat.TextGrid(str(path))
    tiers = {tier.name: [i for i in tier.get_intervals() if i[2]] for tier in grid.get_tiers()}
    assert tiers["R1 P1"] == [(2.0, 2.3, "positive"), (15.0, 15.25, "negative")]


def test_bids_has_onset_then_duration_and_describes_every_column(session, tmp_path):
    (path, _) = written(session, tmp_path, "bids")
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines[0][:2] == ["onset", "duration"]
    assert {len(line) for line in lines} == {len(lines[0])}
    assert not any(cell == "" for line in lines for cell in line)
    sidecar = json.loads(path.with_suffix(".json").read_text())
    assert set(sidecar) == set(lines[0])
    assert all("Description" in column for column in sidecar.values())
    assert re.fullmatch(r"sub-[A-Za-z0-9]+_task-[A-Za-z0-9]+_events\.tsv", path.name)
    onsets = [float(line[0]) for line in lines[1:]]
    assert onsets == sorted(onsets)
    assert any(line[-1] == 'she said "no" and smiled' for line in lines)


def test_captions_last_long_enough_to_be_read(session, tmp_path):
    (path, _) = written(session, tmp_path, "vtt")
    captions = webvtt.read(str(path)).captions
    assert [c.text for c in captions] == ["P1: positive", "P1: negative"]  # the rater's, without what was rejected
    assert all(c.end_in_seconds - c.start_in_seconds >= 0 for c in captions)
    assert captions[0].start == "00:00:01.850"
    assert captions[0].end == "00:00:02.450"


def test_boris_style_rows_are_whole(session, tmp_path):
    (path, _) = written(session, tmp_path, "boris")
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    assert {len(line) for line in lines} == {9}
    assert [(line[1], line[2], line[3]) for line in lines[1:]].count(("P1", "negative", "R1")) == 1


@pytest.mark.parametrize("code", CODES)
def test_strange_codes_are_right_in_every_format(session, tmp_path, code):
    session.name_face(1, 0, code)
    session.add_note(session.rater(code).id, 1, 6.0, code)
    written(session, tmp_path / "out")
    plain = re.sub(r"\s+", " ", code)
    rows = list(csv.DictReader((tmp_path / "out" / "events.csv").open(newline="", encoding="utf-8")))
    assert rows[0]["participant"] == code
    tiers = check_eaf(tmp_path / "out" / "session one.eaf")
    assert any(re.sub(r"\s+", " ", name) == f"model {plain}" for name in tiers)
    for name in ("sub-sessionone_task-review_events.tsv", "session one.boris.tsv"):
        lines = [line.split("\t") for line in (tmp_path / "out" / name).read_text(encoding="utf-8").splitlines()]
        assert {len(line) for line in lines} == {len(lines[0])}
        assert any(plain in line for line in lines)
    assert webvtt.read(str(tmp_path / "out" / "session one.vtt")).captions
    record = json.loads((tmp_path / "out" / "events.json").read_text(encoding="utf-8"))
    assert record["events"][0]["participant"] == code


def test_other_kinds_are_exported_on_request(session, tmp_path):
    (path, _) = written(session, tmp_path, "csv", kinds=frozenset({"micro", "blink"}))
    assert "blink" in path.read_text()


def test_nothing_half_written_and_a_clear_word_when_it_cannot_be_written(session, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "events.csv").mkdir()  # something is in the way
    with pytest.raises(OutputError, match=r"events\.csv cannot be written"):
        written(session, tmp_path / "out", "csv")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["events.csv"]
    with pytest.raises(FleetingError, match="There is no format"):
        written(session, tmp_path / "out", "docx")


def test_a_file_that_another_program_holds_open_is_named_and_stays_as_it_was(session, tmp_path, monkeypatch):
    (path, *_) = written(session, tmp_path / "out", "csv")
    before = path.read_bytes()
    replace = Path.replace

    def held(self, target):
        if Path(target) == path:  # as Windows answers for a table that a spreadsheet shows
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(OutputError, match=r"events\.csv cannot be written.*another program has it open"):
        written(session, tmp_path / "out", "csv", kinds=frozenset({"micro", "blink"}))
    assert path.read_bytes() == before
    assert sorted(p.name for p in path.parent.iterdir()) == ["events.csv", "metadata.json"]


def test_a_recording_that_was_not_analysed_has_nothing_to_export(session, tmp_path):
    other = tmp_path / "other.mkv"
    other.write_bytes(b"other")
    with pytest.raises(SessionError, match="not analysed yet"):
        gather(session, session.add_recording(other).id)
