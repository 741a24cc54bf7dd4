"""Who withdrew, in a file of its own that outlives every snapshot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from node.adapters.files.sqlite import SqliteFile
from node.domain.errors import SnapshotError
from node.domain.withdrawal import LocalSubject

_SCHEMA = (
    "CREATE TABLE withdrawals (number INTEGER PRIMARY KEY, subject TEXT NOT NULL, collection TEXT,"
    " at TEXT NOT NULL) STRICT",
    "CREATE UNIQUE INDEX withdrawals_once ON withdrawals (subject, coalesce(collection, char(0)))",
)


class SqliteWithdrawals:
    """Raises SnapshotError when the file can't be used: without it nothing may be counted."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, _SCHEMA)

    def add(self, people: Iterable[LocalSubject], at: datetime) -> int:
        """Add people who withdrew; known ones are left as they are. How many were new."""
        with _errors(), self._file.writing() as connection:
            before = connection.total_changes
            connection.executemany(
                "INSERT OR IGNORE INTO withdrawals (subject, collection, at) VALUES (?, ?, ?)",
                [(person.subject, person.collection, at.isoformat()) for person in people],
            )
            return connection.total_changes - before

    def version(self) -> int:
        """Changes with every addition."""
        with _errors(), self._file.reading() as connection:
            (number,) = connection.execute("SELECT coalesce(max(number), 0) FROM withdrawals").fetchone()
            return int(number)

    def everyone(self) -> Sequence[LocalSubject]:
        with _errors(), self._file.reading() as connection:
            rows = connection.execute("SELECT subject, collection FROM withdrawals ORDER BY number").fetchall()
            return [LocalSubject(subject, collection) for subject, collection in rows]


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise SnapshotError(
            f"the list of withdrawals can't be read or written ({error}); mend it before anything is counted"
        ) from error
