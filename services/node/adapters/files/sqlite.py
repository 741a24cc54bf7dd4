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
    """One SQLite database, for several threads: one writes at a time, and who reads doesn't wait for it. WAL, a commit
    synced to disk unless it need not be.

    `versions`: for each version of its schema the statements that make it of the one before, run once.
    """

    def __init__(self, path: Path, *versions: Sequence[str]) -> None:
        self.path = path
        self._writer = _Connection(path, versions)
        self._reader = _Connection(path, versions)

    def exists(self) -> bool:
        return self.path.exists()

    def remove(self) -> None:
        """Delete the file with its side files."""
        with self._writer.lock, self._reader.lock:
            self.close()
            for suffix in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def close(self) -> None:
        self._writer.close()
        self._reader.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A transaction that sees what is committed when it first reads. Raises sqlite3.Error, OSError,
        DiskFullError."""
        with self._reader.lock, naming_full_disk(self.path.parent):
            connection = self._reader.opened()
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def writing(self, *, synced: bool = True) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its beginning. Not `synced`: it survives the end of the process,
        and a power loss once a later one is synced. Raises sqlite3.Error, OSError, DiskFullError."""
        with self._writer.lock, naming_full_disk(self.path.parent):
            connection = self._writer.opened()
            connection.execute(f"PRAGMA synchronous={'FULL' if synced else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise


class _Connection:
    """One connection, kept open. The file is looked at each time: one that was removed or exchanged is noticed. Its
    user holds `lock`."""

    def __init__(self, path: Path, versions: Sequence[Sequence[str]]) -> None:
        self.lock = threading.RLock()
        self._path = path
        self._versions = versions
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    def opened(self) -> sqlite3.Connection:
        """Makes the file if it isn't there. Raises sqlite3.Error, OSError."""
        if self._connection is not None and self._identity() != self._file:
            self.close()
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA foreign_keys=ON")
                self._create(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            self._file = self._identity()
        return self._connection

    def close(self) -> None:
        with self.lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _create(self, connection: sqlite3.Connection) -> None:
        newest = len(self._versions)
        if _version(connection) >= newest:
            return
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have made it while this one waited for the lock.
        for statements in self._versions[_version(connection) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={newest}")
        connection.execute("COMMIT")

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino


def _version(connection: sqlite3.Connection) -> int:
    found: tuple[int] = connection.execute("PRAGMA user_version").fetchone()
    return found[0]
