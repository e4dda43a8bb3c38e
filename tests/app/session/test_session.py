"""A project keeps what was done, whatever happens to the program, the disk and the recordings."""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import SessionError
from app.session import project_file, schema
from app.session.project_file import backup_of
from app.session.records import Analysis, Found
from app.session.session import Session

STRANGE = ['P\t"1"', "😀 Müller", "אבגד", "a\nb", "'; DROP TABLE marks; --"]


def analysis(*onsets, face=0):
    events = tuple(
        Found(0, face, n, "micro", "positive", 0.8, onset, onset + 0.1, onset + 0.3, {"action_units": {"AU12": 0.9}})
        for n, onset in enumerate(onsets, start=1)
    )
    times = np.arange(300) / 30
    return Analysis({"model": {"sha256": "0" * 64}}, times, np.zeros((300, 3), np.float32), events)


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "videos" / "a.mkv"
    path.parent.mkdir()
    path.write_bytes(b"not really a video" * 1000)
    return path


@pytest.fixture
def session(tmp_path):
    with Session(tmp_path / "study.fleeting", create=True) as opened:
        yield opened


@pytest.fixture
def analysed(session, recording):
    """A session with one analysed recording: (session, its number, its events)."""
    number = session.add_recording(recording).id
    session.store_analysis(number, analysis(1.0, 4.0, 7.0))
    return session, number, session.analysis(number).events


def everything(session):
    return [
        (r.name, r.status, session.marks(r.id), session.notes(r.id), session.face_codes(r.id))
        for r in session.recordings()
    ]


def test_what_a_rater_does_is_there_when_the_project_is_opened_again(analysed, tmp_path):
    session, number, events = analysed
    rater = session.rater("R1").id
    session.judge(rater, number, events[0], "accepted")
    session.judge(rater, number, events[1], "rejected")
    added = session.add_mark(rater, number, 0, "surprise", 5.0, 5.1, 5.25)
    session.change_mark(added.id, label="negative", onset=5.01)
    session.add_note(rater, number, 3.0, "looks away")
    kept = everything(session)
    session.close()
    with Session(tmp_path / "study.fleeting") as again:
        assert everything(again) == kept
        assert [m.verdict for m in again.marks(number)] == ["accepted", "rejected", "added"]
        assert again.analysis(number).events == events
        assert again.recovered == ""


def test_a_project_is_open_in_one_place_at_a_time(analysed, tmp_path):
    session, number, events = analysed
    path = tmp_path / "study.fleeting"
    with pytest.raises(SessionError, match="open in another window"):
        Session(path)
    session.judge(session.rater("R1").id, number, events[0], "accepted")  # whoever has it goes on undisturbed
    session.close()
    with Session(path) as again:
        assert len(again.marks(number)) == 1
    assert sorted(p.name for p in tmp_path.glob("study.fleeting*")) == ["study.fleeting", "study.fleeting.backup"]


def test_undo_and_redo_walk_through_everything_also_after_closing(analysed, tmp_path):
    session, number, events = analysed
    rater = session.rater("R1").id
    states = [everything(session)]
    steps = [
        lambda: session.judge(rater, number, events[0], "accepted"),
        lambda: session.judge(rater, number, events[0], "rejected"),
        lambda: session.change_mark(session.marks(number)[0].id, label="surprise", offset=1.4),
        lambda: session.add_note(rater, number, 2.0, "first"),
        lambda: session.change_note(session.notes(number)[0].id, "second"),
        lambda: session.name_face(number, 0, "P7"),
        lambda: session.remove_mark(session.marks(number)[0].id),
        lambda: session.change_note(session.notes(number)[0].id, ""),
    ]
    for step in steps:
        step()
        states.append(everything(session))
    session.close()
    with Session(tmp_path / "study.fleeting") as again:
        for state in reversed(states[:-1]):
            assert again.undo()
            assert everything(again) == state
        assert again.undo() == ""
        for state in states[1:]:
            assert again.redo()
            assert everything(again) == state
        assert again.redo() == ""
        again.undo()
        again.add_note(rater, number, 9.0, "something else")  # what was undone is dropped
        assert again.redo() == ""


@given(plan=st.lists(st.tuples(st.sampled_from("jamrnu"), st.integers(0, 2**16)), max_size=25))
@settings(max_examples=25)
def test_undoing_all_there_is_leads_back_to_the_beginning(plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undo")
    video = folder / "a.mkv"
    video.write_bytes(b"x" * 100)
    with Session(folder / "p.fleeting", create=True) as session:
        number = session.add_recording(video).id
        session.store_analysis(number, analysis(1.0, 4.0, 7.0))
        rater = session.rater("R1").id
        start = everything(session)
        for what, chance in plan:
            marks = session.marks(number)
            if what == "j":
                event = session.analysis(number).events[chance % 3]
                session.judge(rater, number, event, "accepted" if chance % 2 else "rejected")
            elif what == "a":
                session.add_mark(rater, number, 0, "negative", chance / 100, chance / 100 + 0.1, chance / 100 + 0.2)
            elif what == "m" and marks:
                mark = marks[chance % len(marks)]
                session.change_mark(mark.id, apex=(mark.onset + mark.offset) / 2, label=str(chance))
            elif what == "r" and marks:
                session.remove_mark(marks[chance % len(marks)].id)
            elif what == "n":
                session.add_note(rater, number, chance / 10, STRANGE[chance % len(STRANGE)])
            elif what == "u":
                session.undo()
        end = everything(session)
        undone = 0
        while session.undo():
            undone += 1
        assert everything(session) == start
        for _ in range(undone):
            session.redo()
        assert everything(session) == end


WORKER = """
import sys
from pathlib import Path
from app.session.session import Session
session = Session(Path(sys.argv[1]))
(recording,) = session.recordings()
rater = session.rater("R1").id
step = len(session.marks(recording.id)) + len(session.notes(recording.id))
while True:
    if step % 3:
        session.add_mark(rater, recording.id, 0, "positive", step, step + 0.1, step + 0.2)
    else:
        session.add_note(rater, recording.id, step, f"note {step}")
    print(step, flush=True)
    step += 1
"""


def test_a_killed_program_loses_nothing_that_was_acknowledged(analysed, tmp_path):
    session, number, _ = analysed
    session.close()
    path = tmp_path / "study.fleeting"
    acknowledged = []
    for seed in range(6):
        worker = subprocess.Popen([sys.executable, "-c", WORKER, str(path)], stdout=subprocess.PIPE, text=True)
        first = worker.stdout.readline()
        time.sleep(random.Random(seed).uniform(0.0, 0.25))
        worker.send_signal(signal.SIGKILL)
        said = first + worker.stdout.read()
        worker.wait()
        acknowledged += [int(line) for line in said.split("\n")[:-1]]
        with Session(path) as again:
            assert again.recovered == ""
            found = {round(m.onset) for m in again.marks(number)} | {round(n.time) for n in again.notes(number)}
        assert set(acknowledged) <= found
    assert len(acknowledged) > 6


def test_a_new_analysis_keeps_what_people_said(analysed):
    session, number, events = analysed
    rater = session.rater("R1").id
    session.judge(rater, number, events[0], "rejected")
    session.judge(rater, number, events[2], "accepted")
    session.add_mark(rater, number, 0, "surprise", 5.0, 5.1, 5.25)
    session.store_analysis(number, analysis(1.02, 4.0))  # the third is not found any more
    new = session.analysis(number).events
    first, added, third = session.marks(number)
    assert (first.event, first.verdict) == (new[0].id, "rejected")
    assert (added.event, added.verdict) == (None, "added")
    assert (third.event, third.verdict, third.onset) == (None, "accepted", 7.0)
    session.judge(rater, number, new[0], "accepted")  # the same mark, not a second one
    assert len(session.marks(number)) == 3
    session.undo()
    assert session.marks(number)[0].event == new[0].id


def test_a_forgotten_recording_leaves_no_word_in_the_file(analysed, recording, tmp_path):
    session, number, events = analysed
    rater = session.rater("R1").id
    session.judge(rater, number, events[0], "accepted", note="a very private remark")
    session.add_note(rater, number, 1.0, "another private remark")
    session.change_note(session.notes(number)[0].id, "")
    session.forget_recording(number)
    assert session.recordings() == []
    assert session.undo() == ""
    session.close()
    assert recording.exists()
    for path in tmp_path.glob("study.fleeting*"):
        assert b"private remark" not in path.read_bytes(), path


def test_two_raters_judge_the_same_event_apart(analysed):
    session, number, events = analysed
    one, two = session.rater("R1").id, session.rater("R2").id
    session.judge(one, number, events[0], "accepted")
    session.judge(two, number, events[0], "rejected")
    assert [m.verdict for m in session.marks(number, one)] == ["accepted"]
    assert [m.verdict for m in session.marks(number, two)] == ["rejected"]


def test_a_moved_recording_is_found_again_and_another_file_refused(analysed, recording, tmp_path):
    session, number, _ = analysed
    before = recording.read_bytes()
    moved = tmp_path / "elsewhere" / "deep" / "renamed.mkv"
    moved.parent.mkdir(parents=True)
    shutil.move(recording, moved)
    other = tmp_path / "elsewhere" / "other.mkv"
    other.write_bytes(before[:-1] + b"?")  # as large, and different
    with pytest.raises(SessionError, match="content differs"):
        session.relink(number, other)
    (found,) = session.find_moved(tmp_path / "elsewhere")
    assert found.path == moved
    assert session.recording(number).path == moved
    assert session.add_recording(moved).id == number  # known already
    assert moved.read_bytes() == before


def test_times_out_of_order_are_refused_and_nothing_changes(analysed):
    session, number, events = analysed
    rater = session.rater("R1").id
    mark = session.judge(rater, number, events[0], "accepted")
    kept, history = everything(session), session.history
    with pytest.raises(SessionError, match="in this order"):
        session.change_mark(mark.id, onset=9.0)
    assert (everything(session), session.history) == (kept, history)


@pytest.mark.parametrize("text", STRANGE)
def test_codes_and_notes_keep_every_letter(analysed, text):
    session, number, _ = analysed
    rater = session.rater(text)
    session.add_note(rater.id, number, 1.0, text)
    session.name_face(number, 0, text)
    assert session.notes(number)[0].text == text
    assert session.face_codes(number) == {0: text}
    assert text in [r.code for r in session.raters()]


def test_a_full_disk_is_said_and_nothing_is_half_done(analysed):
    session, number, events = analysed
    rater = session.rater("R1").id
    (pages,) = session._db.execute("PRAGMA page_count").fetchone()
    session._db.execute(f"PRAGMA max_page_count = {pages}")
    said = ""
    for n in range(1000):
        kept = everything(session)
        try:
            session.add_note(rater, number, float(n), "long " * 500)
        except SessionError as error:
            said = str(error)
            break
    assert "Free some space" in said
    assert everything(session) == kept
    session._db.execute("PRAGMA max_page_count = 1000000")
    session.judge(rater, number, events[0], "accepted")


def test_a_newer_file_is_left_alone(session, tmp_path):
    session._db.execute("PRAGMA user_version = 99")
    session.close()
    with pytest.raises(SessionError, match="newer version"):
        Session(tmp_path / "study.fleeting")


def test_a_migration_keeps_a_copy_of_what_was_before(session, tmp_path, monkeypatch):
    session.rater("R1")
    session.close()
    added = "ALTER TABLE raters ADD COLUMN colour TEXT;"
    monkeypatch.setattr(project_file, "MIGRATIONS", (*schema.MIGRATIONS, added))
    monkeypatch.setattr(project_file, "VERSION", 2)
    with Session(tmp_path / "study.fleeting") as newer:
        assert newer.raters()[0].code == "R1"
        assert newer._db.execute("SELECT colour FROM raters").fetchone()[0] is None
    with sqlite3.connect(tmp_path / "study.fleeting.format-1") as old:
        assert old.execute("PRAGMA user_version").fetchone() == (1,)
    old.close()


def test_a_migration_that_fails_changes_nothing(session, tmp_path, monkeypatch):
    session.close()
    monkeypatch.setattr(project_file, "MIGRATIONS", (*schema.MIGRATIONS, "CREATE TABLE new (id); NONSENSE;"))
    monkeypatch.setattr(project_file, "VERSION", 2)
    with pytest.raises(SessionError, match="cannot be opened"):
        Session(tmp_path / "study.fleeting")
    with closing(sqlite3.connect(tmp_path / "study.fleeting")) as kept:
        tables = [row[0] for row in kept.execute("SELECT name FROM sqlite_master")]
    assert "marks" in tables
    assert "new" not in tables


def test_a_damaged_file_is_rebuilt_from_its_backup_and_what_can_be_read(analysed, tmp_path):
    session, number, events = analysed
    rater = session.rater("R1").id
    session.judge(rater, number, events[0], "accepted")
    for n in range(200):
        session.add_note(rater, number, float(n), f"note {n} " * 20)
    session.close()
    path = tmp_path / "study.fleeting"
    content = bytearray(path.read_bytes())
    for start in range(40_000, len(content), 16_384):
        content[start : start + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    with Session(path) as again:
        assert "rebuilt from its backup" in again.recovered
        assert [m.verdict for m in again.marks(number)] == ["accepted"]
        assert len(again.notes(number)) == 200
    assert bytes(content) == (tmp_path / "study.fleeting.damaged").read_bytes()


def test_without_a_backup_what_can_be_read_is_kept_and_said(analysed, tmp_path):
    session, number, _ = analysed
    session.close()
    path = tmp_path / "study.fleeting"
    backup_of(path).unlink()
    content = bytearray(path.read_bytes())
    content[-4096:] = b"\xff" * 4096
    path.write_bytes(content)
    with Session(path) as again:
        assert again.recordings()[0].id == number
        assert again.recovered == "" or "an empty project" in again.recovered


def test_what_is_no_project_is_refused_and_not_touched(tmp_path):
    path = tmp_path / "letter.fleeting"
    path.write_bytes(b"Dear Sir or Madam, " * 500)
    with pytest.raises(SessionError, match="no project of Fleeting"):
        Session(path)
    assert path.read_bytes().startswith(b"Dear Sir")
    with pytest.raises(SessionError, match="does not exist"):
        Session(tmp_path / "nothing.fleeting")
    with pytest.raises(SessionError, match="exists already"):
        Session(path, create=True)
    assert [p.name for p in tmp_path.iterdir()] == ["letter.fleeting"]


def test_a_closed_project_leaves_no_half_written_file(session, tmp_path):
    session.rater("R1")
    with Session(tmp_path / "second.fleeting", create=True):
        pass
    names = {p.name for p in Path(tmp_path).iterdir()}
    assert {"second.fleeting", "second.fleeting.backup"} <= names
    assert not any(name.endswith((".writing", ".recovering")) for name in names)
