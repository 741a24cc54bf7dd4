"""What the witness has cosigned, in one SQLite file. A witness that forgets could be led to cosign a fork, so a file
that is lost or damaged stops it, and is never made anew beside a key that was used."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from tlog.checkpoint import Checkpoint
from tlog.errors import TlogError
from tlog.keys import VerifierKey
from tlog.note import Note
from tlog.signing import verify
from witness.adapters.errors import DirectoryUnusable
from witness.application.ports import Decide

STATE: Final = "state.db"

_SCHEMA: Final = (
    "CREATE TABLE witness (key TEXT NOT NULL) STRICT",
    # origin_hash: as the monitoring address has it.
    """CREATE TABLE logs (
        origin TEXT PRIMARY KEY, origin_hash TEXT NOT NULL UNIQUE, note BLOB NOT NULL) STRICT""",
)


class StateFile:
    """For the threads of one process; another process on the same file waits its turn."""

    def __init__(self, path: Path) -> None:
        self._connection = _connect(path)
        self._turn = threading.Lock()

    @classmethod
    def make(cls, directory: Path, key: VerifierKey) -> None:
        """An empty state for a new key. Raises DirectoryUnusable where there is one."""
        path = directory / STATE
        try:
            path.open("xb").close()
        except FileExistsError:
            raise DirectoryUnusable(f"{path} is there already: a witness lives here, or did") from None
        made = cls(path)
        with made._transaction() as connection:
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute("INSERT INTO witness (key) VALUES (?)", (str(key),))
        made.close()

    @classmethod
    def open(cls, directory: Path, key: VerifierKey) -> StateFile:
        """The state of this key, whole and its own. Raises DirectoryUnusable."""
        path = directory / STATE
        if not path.is_file():
            raise _lost(f"{path} is missing")
        try:
            opened = cls(path)
            opened._check(key)
        except (sqlite3.Error, TlogError) as error:
            raise _lost(f"{path} is damaged ({error})") from None
        return opened

    def replace(self, origin: str, decide: Decide) -> Note:
        with self._transaction() as connection:
            row = connection.execute("SELECT note FROM logs WHERE origin = ?", (origin,)).fetchone()
            note = decide(None if row is None else Note.parse(row[0]))
            connection.execute(
                """INSERT INTO logs (origin, origin_hash, note) VALUES (?, ?, ?)
                   ON CONFLICT (origin) DO UPDATE SET note = excluded.note""",
                (origin, sha256(origin.encode()).hexdigest(), note.encode()),
            )
        return note

    def newest(self, origin_hash: str) -> Note | None:
        with self._turn:
            row = self._connection.execute("SELECT note FROM logs WHERE origin_hash = ?", (origin_hash,)).fetchone()
        return None if row is None else Note.parse(row[0])

    def all(self) -> list[Note]:
        """The newest cosigned checkpoint of each log, by origin."""
        with self._turn:
            rows = self._connection.execute("SELECT note FROM logs ORDER BY origin").fetchall()
        return [Note.parse(note) for (note,) in rows]

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _check(self, key: VerifierKey) -> None:
        (found,) = self._connection.execute("PRAGMA integrity_check").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        keys = self._connection.execute("SELECT key FROM witness").fetchall()
        if keys != [(str(key),)]:
            raise sqlite3.DatabaseError(f"it is not the state of the key {key}")
        for origin, data in self._connection.execute("SELECT origin, note FROM logs").fetchall():
            note = Note.parse(data)
            verify(note, [key])
            if Checkpoint.parse(note.text).origin != origin:
                raise sqlite3.DatabaseError(f"the checkpoint of {origin} is another log's")


def _connect(path: Path) -> sqlite3.Connection:
    # mode=rw: SQLite would make a file that is missing.
    uri = f"{path.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, timeout=30, isolation_level=None, check_same_thread=False)
    # One file alone holds the state, and a commit is on the disk, its folder too, when it returns.
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.execute("PRAGMA synchronous=EXTRA")
    return connection


def _lost(what: str) -> DirectoryUnusable:
    return DirectoryUnusable(
        f"{what}. Without it the witness can't know what it has cosigned, and might cosign a fork, so it does not "
        "start. Restore the file as it was after the last cosignature. If it is gone, or only an older copy is left, "
        "this key must never cosign again: make a new witness with `init` in another directory, and tell those who "
        "trust this one"
    )
