"""Opening a project file safely: schema versions, a backup before each migration, recovery of a damaged file."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.errors import SessionError
from app.session.schema import MIGRATIONS, TABLES, VERSION

SUFFIX: Final = ".fleeting"
# Another program may hold the file for a moment; after this many seconds it is said.
_PATIENCE_S: Final = 5.0


def check_place(path: Path, *, create: bool) -> None:
    """Makes sure that a project can be where it is said to be; makes the folder of a new one.

    Raises:
        SessionError: If a new one exists already, or an old one does not.
    """
    if create and path.exists():
        raise SessionError(f"{path} exists already. Open it, or choose another name.")
    if not create and not path.is_file():
        raise SessionError(f"The project {path} does not exist. Check the name and whether its drive is connected.")
    if create:
        with _told(path):
            path.parent.mkdir(parents=True, exist_ok=True)


def open_project(path: Path, *, create: bool = False) -> tuple[sqlite3.Connection, str]:
    """Opens a project file and brings it to the present version.

    Args:
        path: The file.
        create: It is a new one.

    Returns:
        The connection, and what had to be recovered (empty if nothing).

    Raises:
        SessionError: If it cannot be opened; the message says why. The file is as it was.
    """
    said = ""
    if not create and not _is_sound(path):
        said = _recover(path)
    connection = _connect(path)
    try:
        _migrate(connection, path)
        if not create:
            keep_backup(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection, said


@contextlib.contextmanager
def sole_use(path: Path) -> Iterator[None]:
    """Keeps a project for one window or command at a time: undo would take back what somebody else just did.

    The claim is a lock that the operating system drops when the program ends, however it ends.

    Args:
        path: The project; its folder exists.

    Raises:
        SessionError: If it is open elsewhere.
    """
    claim = path.with_name(f"{path.name}.in-use")
    with _told(path), contextlib.closing(sqlite3.connect(claim, timeout=0.0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            raise SessionError(
                f"The project {path} is open in another window or used by another command. Close it there, or wait "
                "until the command has ended, and try again."
            ) from error
        try:
            yield
        finally:
            # First the name, then the lock: who opens the project now makes a claim of their own.
            with contextlib.suppress(OSError):  # some systems keep the name of an open file
                claim.unlink()


def backup_of(path: Path) -> Path:
    """Where the copy of a project lies that was made when it was last opened or closed."""
    return path.with_name(f"{path.name}.backup")


def keep_backup(connection: sqlite3.Connection, path: Path, to: Path | None = None) -> None:
    """Copies a project as it is now; the copy appears when it is whole."""
    place = to or backup_of(path)
    partial = place.with_name(f"{place.name}.writing")
    try:
        with contextlib.closing(sqlite3.connect(partial)) as copy:
            connection.backup(copy)
        partial.replace(place)
    except (sqlite3.Error, OSError) as error:
        raise SessionError(
            f"No backup of {path} could be written ({error}). Free some space, or copy the project to another folder."
        ) from error
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise SessionError(
            f"The project {path} cannot be opened ({error}). Check that its folder can be written."
        ) from error


def _connect(path: Path) -> sqlite3.Connection:
    with _told(path):
        connection = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)
        # Every change is on the disk before it is acknowledged, and a reader never waits.
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        # What is removed from a project is gone from the file, too.
        connection.execute("PRAGMA secure_delete=ON")
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise SessionError(
            f"The project {path} was written by a newer version of Fleeting (format {version}; this one reads up to "
            f"{VERSION}). Update the program; the file was not changed."
        )
    if 0 < version < VERSION:
        keep_backup(connection, path, path.with_name(f"{path.name}.format-{version}"))
    for number in range(version, VERSION):
        with _told(path):
            try:
                connection.executescript(f"BEGIN;{MIGRATIONS[number]}PRAGMA user_version={number + 1};COMMIT;")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise


def _is_sound(path: Path) -> bool:
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=_PATIENCE_S)) as connection:
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
            raise SessionError(f"The project {path} is in use by another program. Close it there first.") from error
        return False
    return bool(answer == "ok")


def _recover(path: Path) -> str:
    """Puts a damaged file aside and makes a sound one of the backup and of what can still be read.

    Returns:
        What was done, for the person.
    """
    damaged = path.with_name(f"{path.name}.damaged")
    number = 2
    while damaged.exists():
        damaged, number = path.with_name(f"{path.name}.damaged-{number}"), number + 1
    rebuilt = path.with_name(f"{path.name}.recovering")
    rebuilt.unlink(missing_ok=True)
    backup = backup_of(path)
    try:
        with contextlib.closing(sqlite3.connect(rebuilt, isolation_level=None)) as new:
            from_backup = backup.is_file() and _is_sound(backup)
            if from_backup:
                with contextlib.closing(sqlite3.connect(backup)) as old:
                    old.backup(new)
            else:
                new.executescript(f"BEGIN;{''.join(MIGRATIONS)}PRAGMA user_version={VERSION};COMMIT;")
            rows = _salvage(path, new)
        if not rows and not from_backup:
            raise SessionError(
                f"{path} is no project of Fleeting, or is damaged beyond what can be read, and there is no backup "
                f"{backup.name} beside it. The file was left as it is."
            )
        path.replace(damaged)
        for leftover in ("-wal", "-shm"):
            path.with_name(path.name + leftover).unlink(missing_ok=True)
        rebuilt.replace(path)
    except (sqlite3.Error, OSError) as error:
        raise SessionError(
            f"The project {path} is damaged and could not be recovered ({error}). The file was left as it is; "
            f"{backup.name} beside it holds what it was when it was last opened."
        ) from error
    finally:
        rebuilt.unlink(missing_ok=True)
    base = "its backup" if from_backup else "an empty project"
    return (
        f"The project was damaged. It was rebuilt from {base} and {rows} rows that could still be read. Please check "
        f"the last things you did. The damaged file is kept as {damaged.name}."
    )


def _salvage(path: Path, new: sqlite3.Connection) -> int:
    """Copies every row that can still be read; returns how many."""
    rows = 0
    try:
        old = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    except sqlite3.Error:
        return 0
    with contextlib.closing(old):
        for table in TABLES:
            try:
                columns = [row[1] for row in old.execute(f"PRAGMA table_info({table})")]
                known = {row[1] for row in new.execute(f"PRAGMA table_info({table})")}
                shared = [name for name in columns if name in known]
                if not shared:
                    continue
                names, marks = ", ".join(shared), ", ".join("?" * len(shared))
                for row in old.execute(f"SELECT {names} FROM {table}"):
                    new.execute(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})", row)
                    rows += 1
            except sqlite3.Error:
                continue  # the rest of this table cannot be read; the next one may
    return rows
