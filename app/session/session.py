"""A project: recordings, what the model found in them, what raters said, and everything that was ever changed.

Every change is on the disk before the method that makes it returns, and can be undone, also in a later sitting. What
the model found is never changed by a rater: their verdicts, labels and times stand beside it.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np

from app.errors import SessionError
from app.session.changes import ChangeLog, now
from app.session.fingerprint import fingerprint
from app.session.matching import match
from app.session.project_file import check_place, keep_backup, open_project, sole_use
from app.session.records import Analysis, Found, Mark, Note, Rater, Recorded, Status, Verdict

_GROUPS: Final = 3


class Session:
    """An open project file.

    Args:
        path: The file.
        create: Make a new one.

    Raises:
        SessionError: If it cannot be opened, or is open elsewhere.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        check_place(path, create=create)
        with ExitStack() as claim:
            claim.enter_context(sole_use(path))
            self._db, self.recovered = open_project(path, create=create)
            """What had to be recovered when it was opened, or empty."""
            self._claim = claim.pop_all()
        self._db.row_factory = sqlite3.Row
        self._log = ChangeLog(self._db, path)
        self._closed = False

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; a copy of it is kept beside it. May be called again."""
        if self._closed:
            return
        self._closed = True
        try:
            keep_backup(self._db, self.path)
        finally:
            self._db.close()
            self._claim.close()

    # Raters

    def rater(self, code: str) -> Rater:
        """The rater of a code; a new one is entered."""
        code = code.strip()
        if not code:
            raise SessionError("A rater needs a code, for instance R1. Please do not use names.")
        known = self._db.execute("SELECT id FROM raters WHERE code = ?", (code,)).fetchone()
        if known is None:
            with self._log.saving():
                self._db.execute("INSERT OR IGNORE INTO raters (code) VALUES (?)", (code,))
            known = self._db.execute("SELECT id FROM raters WHERE code = ?", (code,)).fetchone()
        return Rater(known[0], code)

    def raters(self) -> list[Rater]:
        return [Rater(*row) for row in self._db.execute("SELECT id, code FROM raters ORDER BY code")]

    # Recordings

    def add_recording(self, path: Path) -> Recorded:
        """Enters a recording; one whose content is known already is found again, wherever it lies now.

        Raises:
            SessionError: If the file cannot be read.
        """
        path = path.absolute()
        size, mark = fingerprint(path)
        with self._log.saving():
            self._db.execute(
                "INSERT INTO recordings (path, name, size, fingerprint, added) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (fingerprint) DO UPDATE SET path = excluded.path",
                (str(path), path.name, size, mark, now()),
            )
        (number,) = self._db.execute("SELECT id FROM recordings WHERE fingerprint = ?", (mark,)).fetchone()
        return self.recording(number)

    def recording(self, number: int) -> Recorded:
        row = self._db.execute("SELECT * FROM recordings WHERE id = ?", (number,)).fetchone()
        if row is None:
            raise SessionError(f"The project {self.path} holds no recording {number}.")
        return _recorded(row)

    def recordings(self) -> list[Recorded]:
        return [_recorded(row) for row in self._db.execute("SELECT * FROM recordings ORDER BY id")]

    def relink(self, number: int, path: Path) -> Recorded:
        """Says where a moved recording lies now.

        Raises:
            SessionError: If the file there is another one.
        """
        recording = self.recording(number)
        _, mark = fingerprint(path)
        if mark != recording.fingerprint:
            raise SessionError(
                f"{path} is not the recording {recording.name}: its content differs. Choose the file that was "
                "analysed, or add this one as a new recording."
            )
        with self._log.saving():
            self._db.execute("UPDATE recordings SET path = ? WHERE id = ?", (str(path.absolute()), number))
        return self.recording(number)

    def find_moved(self, folder: Path) -> list[Recorded]:
        """Looks in a folder, and those in it, for recordings that are not where they were; returns those found."""
        lost = {r.fingerprint: r for r in self.recordings() if not r.path.exists()}
        sizes = {r.size for r in lost.values()}
        found = []
        for path in sorted(folder.rglob("*")) if lost else ():
            if path.is_file() and path.stat().st_size in sizes:
                wanted = lost.pop(fingerprint(path)[1], None)
                if wanted is not None:
                    found.append(self.relink(wanted.id, path))
        return found

    def requeue(self) -> None:
        """Lets analyses that were under way when the program ended begin again."""
        with self._log.saving():
            self._db.execute("UPDATE recordings SET status = 'waiting' WHERE status = 'running'")

    def set_status(self, number: int, status: Status, problem: str = "") -> None:
        """Says how far a recording's analysis is."""
        with self._log.saving():
            self._db.execute("UPDATE recordings SET status = ?, problem = ? WHERE id = ?", (status, problem, number))

    def forget_recording(self, number: int) -> None:
        """Removes a recording and all that is known of it from the project, its history included; the file stays.

        Neither this nor anything before it can be undone.
        """
        with self._log.saving():
            self._db.execute(
                "DELETE FROM changed_rows WHERE json_extract(coalesce(before, after), '$.recording') = ?", (number,)
            )
            self._db.execute("DELETE FROM recordings WHERE id = ?", (number,))
            self._db.execute("UPDATE changes SET state = 'dropped'")

    # What the model found

    def store_analysis(self, number: int, analysis: Analysis) -> None:
        """Keeps a finished analysis; what raters said stays, and goes over to the events that overlap."""
        with self._log.saving():
            cursor = self._db.execute(
                "INSERT INTO analyses (recording, finished, facts, times, motion) VALUES (?, ?, ?, ?, ?)",
                (
                    number, analysis.finished or now(), json.dumps(analysis.facts),
                    zlib.compress(analysis.times.astype("<f8").tobytes()),
                    zlib.compress(analysis.motion.astype("<f4").tobytes()),
                ),
            )  # fmt: skip
            new = int(cursor.lastrowid or 0)
            for event in analysis.events:
                self._db.execute(
                    "INSERT INTO events (analysis, face, number, kind, label, confidence, onset, apex, offset, "
                    "details) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        new, event.face, event.number, event.kind, event.label, event.confidence, event.onset,
                        event.apex, event.offset, json.dumps(event.details),
                    ),
                )  # fmt: skip
            for track in sorted({event.face for event in analysis.events}):
                self._db.execute(
                    "INSERT OR IGNORE INTO faces (recording, track, code) VALUES (?, ?, ?)",
                    (number, track, f"P{track + 1}"),
                )
            self._carry_over(number, new)
            self._db.execute("DELETE FROM analyses WHERE recording = ? AND id != ?", (number, new))
            self._db.execute("UPDATE recordings SET status = 'done', problem = '' WHERE id = ?", (number,))

    def _carry_over(self, recording: int, analysis: int) -> None:
        """Each rater's marks of the events before are tied to the new ones that they overlap."""
        rows = self._db.execute("SELECT * FROM events WHERE analysis = ? AND kind = 'micro'", (analysis,))
        events = [_found(row) for row in rows]
        judged = [mark for mark in self.marks(recording) if mark.verdict != "added"]
        for rater in {mark.rater for mark in judged}:
            own = [mark for mark in judged if mark.rater == rater]
            same = dict(match(own, events))
            for n, mark in enumerate(own):
                event = events[same[n]].id if n in same else None
                self._db.execute("UPDATE marks SET event = ? WHERE id = ?", (event, mark.id))

    def analysis(self, number: int) -> Analysis | None:
        """The newest analysis of a recording."""
        row = self._db.execute(
            "SELECT * FROM analyses WHERE recording = ? ORDER BY id DESC LIMIT 1", (number,)
        ).fetchone()
        if row is None:
            return None
        events = tuple(
            _found(e)
            for e in self._db.execute("SELECT * FROM events WHERE analysis = ? ORDER BY onset, id", (row["id"],))
        )
        times = np.frombuffer(zlib.decompress(row["times"]), "<f8").astype(np.float64)
        motion = np.frombuffer(zlib.decompress(row["motion"]), "<f4").astype(np.float32).reshape(-1, _GROUPS)
        return Analysis(json.loads(row["facts"]), times, motion, events, row["finished"])

    def face_codes(self, number: int) -> dict[int, str]:
        """Track number to the participant's code."""
        return dict(self._db.execute("SELECT track, code FROM faces WHERE recording = ? ORDER BY track", (number,)))

    # What raters say

    def marks(self, number: int, rater: int | None = None) -> list[Mark]:
        """What one rater, or everybody, said of a recording, by onset."""
        chosen = "" if rater is None else "AND rater = ?"
        values = (number,) if rater is None else (number, rater)
        rows = self._db.execute(f"SELECT * FROM marks WHERE recording = ? {chosen} ORDER BY onset, id", values)
        return [Mark(**dict(row)) for row in rows]

    def judged(self, number: int, rater: int) -> tuple[int, int]:
        """How many of the model's micro-expressions a rater has judged, and how many there are."""
        row = self._db.execute(
            "SELECT count(marks.id), count(*) FROM events "
            "LEFT JOIN marks ON marks.event = events.id AND marks.rater = ? "
            "WHERE events.kind = 'micro' AND events.analysis = (SELECT max(id) FROM analyses WHERE recording = ?)",
            (rater, number),
        ).fetchone()
        return row[0], row[1]

    def notes(self, number: int) -> list[Note]:
        rows = self._db.execute("SELECT * FROM notes WHERE recording = ? ORDER BY time, id", (number,))
        return [Note(**dict(row)) for row in rows]

    def judge(
        self,
        rater: int,
        number: int,
        event: Found,
        verdict: Verdict = "accepted",
        **own: Any,  # noqa: ANN401 - columns of one table
    ) -> Mark:
        """Accepts or rejects an event of the model.

        Args:
            rater: Who judges.
            number: The recording.
            event: The event; its label and times are the rater's start.
            verdict: What they say.
            own: What they see otherwise at once: ``label``, ``onset``, ``apex``, ``offset``, ``note``.
        """
        known = self._db.execute("SELECT id FROM marks WHERE rater = ? AND event = ?", (rater, event.id)).fetchone()
        if known is not None:
            return self.change_mark(known[0], verdict=verdict, **own)
        row = {
            "recording": number, "rater": rater, "event": event.id, "verdict": verdict, "face": event.face,
            "label": event.label, "onset": event.onset, "apex": event.apex, "offset": event.offset, "note": "", **own,
        }  # fmt: skip
        with self._log.change(f"{verdict} the event at {row['onset']:.2f} s", rater):
            return self._mark(self._log.write("marks", None, row))

    def add_mark(
        self, rater: int, number: int, face: int, label: str, onset: float, apex: float, offset: float
    ) -> Mark:
        """Enters a movement that the model did not find."""
        row = {
            "recording": number, "rater": rater, "event": None, "verdict": "added", "face": face, "label": label,
            "onset": onset, "apex": apex, "offset": offset, "note": "",
        }  # fmt: skip
        with self._log.change(f"added an event at {onset:.2f} s", rater):
            return self._mark(self._log.write("marks", None, row))

    def change_mark(self, mark: int, **values: Any) -> Mark:  # noqa: ANN401 - columns of one table, each with its type
        """Changes label, times, verdict or note of a mark.

        Raises:
            SessionError: If onset, apex and offset would not be in order.
        """
        old = self._mark(mark)
        with self._log.change(f"{', '.join(values)} of an event at {old.onset:.2f} s", old.rater):
            self._log.write("marks", mark, values)
        return self._mark(mark)

    def remove_mark(self, mark: int) -> None:
        """Takes back what a rater said; the model's event stays."""
        old = self._mark(mark)
        with self._log.change(f"took back an event at {old.onset:.2f} s", old.rater):
            self._log.write("marks", mark, None)

    def add_note(self, rater: int, number: int, time: float, text: str) -> Note:
        """Enters a remark on a moment."""
        row = {"recording": number, "rater": rater, "time": time, "text": text}
        with self._log.change(f"note at {time:.2f} s", rater):
            new = self._log.write("notes", None, row)
        return Note(new, number, rater, time, text)

    def change_note(self, note: int, text: str) -> None:
        """Rewrites a remark; an empty text removes it."""
        with self._log.change("note"):
            self._log.write("notes", note, {"text": text} if text else None)

    def name_face(self, number: int, track: int, code: str) -> None:
        """Gives a face its participant code."""
        (face,) = self._db.execute("SELECT id FROM faces WHERE recording = ? AND track = ?", (number, track)).fetchone()
        with self._log.change(f"code of face {track}"):
            self._log.write("faces", face, {"code": code})

    # Undo and redo

    def undo(self) -> str:
        """Takes the last change back; returns what it was, or nothing if there is none."""
        return self._log.undo()

    def redo(self) -> str:
        """Makes the last change that was undone again; returns what it was, or nothing."""
        return self._log.redo()

    @property
    def history(self) -> list[tuple[str, str]]:
        """What was changed, oldest first, with its state (``done``, ``undone``, ``dropped``)."""
        return self._log.history

    def _mark(self, mark: int) -> Mark:
        return Mark(**self._log.row("marks", mark))


def _recorded(row: sqlite3.Row) -> Recorded:
    return Recorded(
        row["id"], Path(row["path"]), row["name"], row["size"], row["fingerprint"], row["status"], row["problem"]
    )


def _found(row: sqlite3.Row) -> Found:
    values = {name: row[name] for name in row.keys() if name != "analysis"}  # noqa: SIM118 - a row is no mapping
    return Found(**{**values, "details": json.loads(row["details"])})
