import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.training import miniatures
from training.cli import app
from training.databases.action_units import CodedUnit, parse_action_units
from training.databases.casme2 import CASME2
from training.databases.casme3 import CASME3
from training.databases.check import LABELS, check
from training.databases.emotions import UnknownEmotionError, three_class
from training.databases.fourdme import FOURDME
from training.databases.frames import folder_named, numbered_frames
from training.databases.mmew import MMEW
from training.databases.reading import Reading
from training.databases.samm import SAMM
from training.databases.smic import read_smic
from training.databases.workbook import DatabaseError, MissingDatabaseError


def by_name(reading):
    return {clip.name: clip for clip in reading.clips}


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("4+L10", [CodedUnit(4), CodedUnit(10, "left")]),
        ("R12 + R15", [CodedUnit(12, "right"), CodedUnit(15, "right")]),
        ("1A+2B", [CodedUnit(1, "", "A"), CodedUnit(2, "", "B")]),
        ("AU4(k)", [CodedUnit(4)]),
        ("4 (k) or 7?", [CodedUnit(4), CodedUnit(7)]),
        (12, [CodedUnit(12)]),
        (25.0, [CodedUnit(25)]),
        ("L14C; AU24", [CodedUnit(14, "left", "C"), CodedUnit(24)]),
        ("4+4", [CodedUnit(4)]),
        (None, []),
        ("/", []),
    ],
)
def test_action_units_are_read_as_annotators_write_them(text, units):
    assert parse_action_units(text) == (tuple(units), ())


def test_words_that_are_no_action_unit_are_told():
    assert parse_action_units("12+smile+99") == ((CodedUnit(12),), ("smile", "99"))


@given(
    st.lists(
        st.builds(
            CodedUnit, st.integers(1, 69), st.sampled_from(["", "left", "right"]), st.sampled_from(["", "A", "C", "E"])
        ),
        unique=True,
        max_size=6,
    )
)
def test_what_is_written_is_read(units):
    text = "+".join(f"{unit.side[:1].upper()}{unit.number}{unit.intensity}" for unit in units)
    assert parse_action_units(text) == (tuple(units), ())


@given(st.text(max_size=40))
def test_no_annotation_is_a_fault(text):
    parse_action_units(text)


def test_emotions_fall_into_three_classes():
    assert {three_class(e) for e in ("happiness", "Happy", " positive ")} == {"positive"}
    negative = ("disgust", "Repression", "anger", "contempt", "fear", "sadness")
    assert {three_class(e) for e in negative} == {"negative"}
    assert three_class("Surprise") == "surprise"
    assert three_class("others") is None
    with pytest.raises(UnknownEmotionError):
        three_class("glee")


def test_frames_are_found_with_and_without_zeros_and_sorted_by_number(tmp_path):
    miniatures.pictures(tmp_path, [2, 10, 1], "006_{}.jpg")
    miniatures.pictures(tmp_path, [3], "006_{:05d}.jpg")
    (tmp_path / "Thumbs.db").write_bytes(b"")
    assert list(numbered_frames(tmp_path)) == [1, 2, 3, 10]


def test_a_subject_in_two_spellings_is_one_folder(tmp_path):
    (tmp_path / "Sub01").mkdir()
    for spelling in ("sub01", "sub1", "SUB 01"):
        assert folder_named(tmp_path, spelling) == tmp_path / "Sub01"
    assert folder_named(tmp_path, "sub2") is None


@pytest.mark.parametrize(("camera", "fps", "clips"), [("HS", 100.0, 3), ("VIS", 25.0, 3), ("NIR", 25.0, 3)])
def test_smic_is_read_by_folders(tmp_path, camera, fps, clips):
    reading = read_smic(miniatures.smic(tmp_path), camera)
    assert len(reading.clips) == clips
    assert reading.counts(LABELS) == (1, 1, 1)
    clip = by_name(reading)["s01_po_01"]
    assert (clip.database, clip.subject, clip.fps, clip.label, clip.apex) == (
        f"SMIC-{camera}", "s01", fps, "positive", None,
    )  # fmt: skip
    assert (clip.onset, clip.offset) == (100, 100 + len(clip.frames) - 1)
    if camera == "HS":
        assert ["s3_po_01" in remark for remark in reading.skipped] == [True]


def test_casme2_is_read_with_its_gaps_and_typos(tmp_path):
    reading = CASME2.read(miniatures.casme2(tmp_path))
    clips = by_name(reading)
    assert set(clips) == {"EP02_01f", "EP03_02", "EP01_11f", "EP06_01f", "EP18_50"}
    assert (clips["EP02_01f"].subject, clips["EP02_01f"].apex, len(clips["EP02_01f"].frames)) == ("sub01", 59, 41)
    assert clips["EP03_02"].apex is None
    assert clips["EP03_02"].action_units == (CodedUnit(4), CodedUnit(10, "left"))
    assert (clips["EP01_11f"].offset, clips["EP01_11f"].label) == (127, "negative")
    assert clips["EP06_01f"].label is None
    assert clips["EP18_50"].apex is None
    assert reading.subjects == {"sub01", "sub02", "sub26"}
    skipped = "\n".join(reading.skipped)
    assert all(word in skipped for word in ("glee", "EP18_51", "no subject"))
    notes = "\n".join(reading.notes)
    assert "the offset 9 is not behind onset 91" in notes
    assert "the apex 90 is not between 1 and 30" in notes
    assert "2 of 30 pictures are missing" in notes


def test_samm_is_read_behind_its_preamble(tmp_path):
    reading = SAMM.read(miniatures.samm(tmp_path))
    clips = by_name(reading)
    assert (clips["006_1_2"].subject, clips["006_1_2"].label) == ("006", "surprise")
    assert clips["006_1_2"].action_units == (CodedUnit(1, "", "A"), CodedUnit(2, "", "B"))
    assert clips["011_1_3"].numbers == tuple(range(5, 21))
    assert len(reading.clips) == 2
    assert any("listed twice" in remark for remark in reading.skipped)
    assert any("037_5_11" in remark and "missing" in remark for remark in reading.skipped)


def test_casme3_has_several_clips_in_one_recording(tmp_path):
    reading = CASME3.read(miniatures.casme3(tmp_path))
    assert {(c.subject, c.name, c.label, len(c.frames)) for c in reading.clips} == {
        ("spNO.1", "a_20", "negative", 11),
        ("spNO.1", "a_50", "positive", 13),
        ("spNO.11", "b_5", "surprise", 10),
    }


def test_mmew_and_4dme_are_read(tmp_path):
    mmew = MMEW.read(miniatures.mmew(tmp_path / "MMEW"))
    assert {(c.subject, c.name, c.label, c.fps) for c in mmew.clips} == {
        ("01", "S01-01-001", "negative", 90.0),
        ("01", "S01-02-001", "positive", 90.0),
    }
    fourdme = FOURDME.read(miniatures.fourdme(tmp_path / "4DME"))
    assert {(c.subject, c.onset, c.label, c.fps) for c in fourdme.clips} == {
        ("sub01", 10, "negative", 60.0),
        ("sub02", 1, "positive", 60.0),
    }


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.unlink(), "There is no annotation workbook"),
        (lambda path: path.write_bytes(b"PK no zip"), "no workbook that can be read"),
        (lambda path: miniatures.workbook(path, ("Subject", "Something"), [(1, 2)]), "has the columns"),
    ],
)
def test_a_workbook_that_cannot_be_used_is_named(tmp_path, damage, words):
    damage(miniatures.casme2(tmp_path) / "CASME2-coding-20140508.xlsx")
    with pytest.raises(DatabaseError, match=words) as failure:
        CASME2.read(tmp_path)
    assert str(tmp_path) in str(failure.value)


def test_one_folder_may_hold_all_and_one_fault_stops_no_other(tmp_path):
    miniatures.smic(tmp_path / "SMIC")
    miniatures.samm(tmp_path / "SAMM set")
    broken = miniatures.casme2(tmp_path / "CASME2") / "CASME2-coding-20140508.xlsx"
    broken.write_bytes(b"")
    found = check(tmp_path)
    assert [name for name, reading in found.items() if isinstance(reading, Reading)] == [
        "SMIC-HS", "SMIC-VIS", "SMIC-NIR", "SAMM",
    ]  # fmt: skip
    assert isinstance(found["MMEW"], MissingDatabaseError)
    assert "CASME2-coding" in str(found["CASME II"])


def test_the_command_prints_found_beside_expected_and_every_remark(tmp_path):
    miniatures.smic(tmp_path / "SMIC")
    miniatures.casme2(tmp_path / "CASME2")
    result = CliRunner().invoke(app, ["databases", "check", "--root", str(tmp_path)])
    assert result.exit_code == 0
    assert "1 (70)" in result.output
    assert "3 (24)" in result.output
    assert "the emotion 'glee' is not known" in result.output
    assert "MMEW" not in result.output


def test_the_command_names_what_is_wrong(tmp_path):
    def fails(*arguments):
        result = CliRunner().invoke(app, ["databases", "check", *map(str, arguments)])
        assert result.exit_code != 0
        return result.output + str(result.exception)

    assert "There is no folder" in fails("--root", tmp_path / "gone")
    assert "holds none of" in fails("--root", tmp_path)
    assert "no database 'CASME 9'" in fails("--root", tmp_path, "--database", "CASME 9").replace("\n", " ")
    (tmp_path / "SMIC_all_cropped" / "HS" / "s01").mkdir(parents=True)
    assert "half unpacked" in fails("--root", tmp_path, "--database", "SMIC-HS").replace("\n", " ")
