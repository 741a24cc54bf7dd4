"""SQLite files that survive kill -9 and power loss."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from node.adapters.files.full_disk import naming_full_disk


class SqliteFile:
    """One SQLite database, for several threads one at a time; WAL, a commit synced to disk unless it need not be.

    The connection is kept, but the file is looked at each time: one that was removed or exchanged is noticed.
    `schema`: statements that make a new file, run once.
    """

    def __init__(self, path: Path, schema: Sequence[str]) -> None:
        self.path = path
        self._schema = schema
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None

    def exists(self) -> bool:
        return self.path.exists()

    def remove(self) -> None:
        """Delete the file with its side files."""
        with self._lock:
            self.close()
            for suffix in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with. Raises sqlite3.Error, OSError, DiskFullError."""
        with self._lock, naming_full_disk(self.path.parent):
            yield self._connect()

    @contextmanager
    def writing(self, *, synced: bool = True) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its beginning. Not `synced`: it survives the end of the process,
        and a power loss once a later one is synced. Raises sqlite3.Error, OSError, DiskFullError."""
        with self._lock, naming_full_disk(self.path.parent):
            connection = self._connect()
            connection.execute(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _connect(self) -> sqlite3.Connection:
        if self._connection is not None and self._identity() != self._opened:
            self.close()
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA foreign_keys=ON")
                self._create(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            self._opened = self._identity()
        return self._connection

    def _create(self, connection: sqlite3.Connection) -> None:
        if connection.execute("PRAGMA user_version").fetchone() != (0,):
            return
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have made it while this one waited for the lock.
        if connection.execute("PRAGMA user_version").fetchone() == (0,):
            for statement in self._schema:
                connection.execute(statement)
            connection.execute("PRAGMA user_version=1")
        connection.execute("COMMIT")

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino
