"""Every change of a project: whole on the disk, and undone and redone at will, also in a later sitting."""

from __future__ import annotations

import datetime
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from app.errors import SessionError

_UNDOABLE: Final = frozenset({"marks", "notes", "faces"})

Row = dict[str, Any]


class ChangeLog:
    """Makes changes of the tables ``marks``, ``notes`` and ``faces`` and remembers what each row was before.

    Args:
        db: The project's database.
        path: Its file, for messages.
    """

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db, self._path = db, path
        self._changing = self._place = 0

    def undo(self) -> str:
        """Takes the last change back; returns what it was, or nothing if there is none."""
        return self._step("done", "undone", "DESC", "before")

    def redo(self) -> str:
        """Makes the last change that was undone again; returns what it was, or nothing."""
        return self._step("undone", "done", "ASC", "after")

    @property
    def history(self) -> list[tuple[str, str]]:
        """What was changed, oldest first, with its state (``done``, ``undone``, ``dropped``)."""
        return [(row["title"], row["state"]) for row in self._db.execute("SELECT * FROM changes ORDER BY id")]

    def _step(self, state: str, then: str, order: str, column: str) -> str:
        row = self._db.execute(
            f"SELECT * FROM changes WHERE state = ? ORDER BY id {order} LIMIT 1", (state,)
        ).fetchone()
        if row is None:
            return ""
        rows = self._db.execute(
            f"SELECT * FROM changed_rows WHERE change = ? ORDER BY place {order}", (row["id"],)
        ).fetchall()
        with self.saving():
            for changed in rows:
                wanted = changed[column]
                self._put(changed["of_table"], changed["row"], None if wanted is None else json.loads(wanted))
            self._db.execute("UPDATE changes SET state = ? WHERE id = ?", (then, row["id"]))
        return str(row["title"])

    # Writing

    @contextmanager
    def saving(self) -> Iterator[None]:
        """One transaction: all of it is on the disk afterwards, or nothing."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except sqlite3.IntegrityError as error:
            self._roll_back()
            raise SessionError("Onset, apex and offset must come in this order; nothing was changed.") from error
        except sqlite3.Error as error:
            self._roll_back()
            raise SessionError(
                f"The change could not be saved in {self._path} ({error}); nothing was changed. Free some space on the "
                "disk or check that the file can be written, then do it again."
            ) from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    @contextmanager
    def change(self, title: str, rater: int | None = None) -> Iterator[None]:
        """A change that can be undone; what was undone before it cannot be redone any more."""
        with self.saving():
            self._db.execute("UPDATE changes SET state = 'dropped' WHERE state = 'undone'")
            cursor = self._db.execute(
                "INSERT INTO changes (made, rater, title) VALUES (?, ?, ?)", (now(), rater, title)
            )
            self._changing, self._place = int(cursor.lastrowid or 0), 0
            yield

    def write(self, table: str, row: int | None, values: Mapping[str, Any] | None) -> int:
        """Writes a row within a change (None removes it) and notes what it was before; returns its number."""
        assert table in _UNDOABLE
        before = None if row is None else self.row(table, row)
        after = None if values is None else {**(before or {}), **values}
        if row is None:
            (row,) = self._db.execute(
                f"SELECT max(coalesce((SELECT max(id) FROM {table}), 0), "
                "coalesce((SELECT max(row) FROM changed_rows WHERE of_table = ?), 0)) + 1",
                (table,),
            ).fetchone()
        assert row is not None
        if after is not None:
            after["id"] = row
        self._put(table, row, after)
        self._db.execute(
            "INSERT INTO changed_rows VALUES (?, ?, ?, ?, ?, ?)",
            (
                self._changing, self._place, table, row,
                None if before is None else json.dumps(before), None if after is None else json.dumps(after),
            ),
        )  # fmt: skip
        self._place += 1
        return row

    def _put(self, table: str, row: int, values: Row | None) -> None:
        if values is None:
            self._db.execute(f"DELETE FROM {table} WHERE id = ?", (row,))
            return
        values = dict(values)
        if values.get("event") is not None:
            # The event may be gone since, because its analysis was replaced: the mark stays with what it went over to.
            known = self._db.execute("SELECT id FROM events WHERE id = ?", (values["event"],)).fetchone()
            own = self._db.execute("SELECT event FROM marks WHERE id = ?", (row,)).fetchone()
            (values["event"],) = known or own or (None,)
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        self._db.execute(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))

    def row(self, table: str, row: int) -> Row:
        """A row as it is now.

        Raises:
            SessionError: If it was removed meanwhile.
        """
        found = self._db.execute(f"SELECT * FROM {table} WHERE id = ?", (row,)).fetchone()
        if found is None:
            raise SessionError(f"There is no such entry any more in {self._path}; it was removed meanwhile.")
        return dict(found)


def now() -> str:
    """The present moment as the project's tables keep it."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
