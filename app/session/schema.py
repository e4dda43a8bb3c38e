"""The tables of a project file, version by version."""

from __future__ import annotations

from typing import Final

_FIRST: Final = """
CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE raters (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE);
CREATE TABLE recordings (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    fingerprint TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL DEFAULT 'waiting',
    problem TEXT NOT NULL DEFAULT '',
    added TEXT NOT NULL
);
CREATE TABLE analyses (
    id INTEGER PRIMARY KEY,
    recording INTEGER NOT NULL REFERENCES recordings(id) ON DELETE CASCADE,
    finished TEXT NOT NULL,
    facts TEXT NOT NULL,
    times BLOB NOT NULL,
    motion BLOB NOT NULL
);
CREATE TABLE faces (
    id INTEGER PRIMARY KEY,
    recording INTEGER NOT NULL REFERENCES recordings(id) ON DELETE CASCADE,
    track INTEGER NOT NULL,
    code TEXT NOT NULL,
    UNIQUE (recording, track)
);
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    analysis INTEGER NOT NULL REFERENCES analyses(id) ON DELETE CASCADE,
    face INTEGER NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    confidence REAL,
    onset REAL NOT NULL,
    apex REAL NOT NULL,
    offset REAL NOT NULL,
    details TEXT NOT NULL
);
CREATE INDEX events_of_analysis ON events (analysis, onset);
CREATE TABLE marks (
    id INTEGER PRIMARY KEY,
    recording INTEGER NOT NULL REFERENCES recordings(id) ON DELETE CASCADE,
    rater INTEGER NOT NULL REFERENCES raters(id),
    event INTEGER REFERENCES events(id) ON DELETE SET NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('accepted', 'rejected', 'added')),
    face INTEGER NOT NULL,
    label TEXT NOT NULL,
    onset REAL NOT NULL,
    apex REAL NOT NULL,
    offset REAL NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    CHECK (onset <= apex AND apex <= offset)
);
CREATE INDEX marks_of_recording ON marks (recording, rater, onset);
CREATE TABLE notes (
    id INTEGER PRIMARY KEY,
    recording INTEGER NOT NULL REFERENCES recordings(id) ON DELETE CASCADE,
    rater INTEGER NOT NULL REFERENCES raters(id),
    time REAL NOT NULL,
    text TEXT NOT NULL
);
CREATE TABLE changes (
    id INTEGER PRIMARY KEY,
    made TEXT NOT NULL,
    rater INTEGER,
    title TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'done' CHECK (state IN ('done', 'undone', 'dropped'))
);
CREATE TABLE changed_rows (
    change INTEGER NOT NULL REFERENCES changes(id),
    place INTEGER NOT NULL,
    of_table TEXT NOT NULL,
    row INTEGER NOT NULL,
    before TEXT,
    after TEXT,
    PRIMARY KEY (change, place)
) WITHOUT ROWID;
"""

MIGRATIONS: Final = (_FIRST,)
"""What brings a file from version n to n + 1; version 0 is an empty file. What was released is never changed."""
VERSION: Final = len(MIGRATIONS)

TABLES: Final = (
    "facts", "raters", "recordings", "analyses", "faces", "events", "marks", "notes", "changes", "changed_rows",
)  # fmt: skip
"""Every table, those that others refer to first."""
