"""The node's log and the acts that wait for it, in the journal's file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime

from node.adapters.files.sqlite import SqliteFile
from node.domain.act import Act
from node.domain.node_log import LogEntry, LogId, NodeLog
from tlog.record import Salt

_ADD_ACT = """INSERT INTO acts (at, type, payload, resource, purpose, traceparent, outcome)
              VALUES (?, ?, ?, ?, ?, ?, ?)"""
_ACTS = "SELECT id, at, type, payload, resource, purpose, traceparent, outcome FROM acts ORDER BY id LIMIT ?"
_NEWEST = """SELECT log, provider, (SELECT coalesce(max(number), 0) FROM log_entries AS e WHERE e.log = logs.log)
             FROM logs ORDER BY id DESC LIMIT 1"""
_ADD_ENTRY = "INSERT INTO log_entries (log, number, leaf, salt, body) VALUES (?, ?, ?, ?, ?)"
_ENTRIES = """SELECT number, leaf, salt, body FROM log_entries WHERE log = ? AND number > ? ORDER BY number LIMIT ?"""
_ALL = -1


def add_act(connection: sqlite3.Connection, act: Act) -> None:
    """Notes an act in a transaction of the journal's file."""
    connection.execute(
        _ADD_ACT,
        (
            act.time.isoformat(timespec="microseconds"),
            act.type,
            act.payload,
            act.resource,
            act.purpose,
            act.traceparent,
            act.outcome,
        ),
    )


class SqliteNodeLog:
    """The port LogBook. Raises sqlite3.Error, OSError, DiskFullError."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def add(self, act: Act) -> None:
        with self._file.writing() as connection:
            add_act(connection, act)

    def waiting(self) -> list[Act]:
        with self._file.reading() as connection:
            return [act for _, act in _acts(connection, _ALL)]

    def has_waiting(self) -> bool:
        with self._file.reading() as connection:
            return connection.execute("SELECT 1 FROM acts LIMIT 1").fetchone() is not None

    def newest(self) -> NodeLog | None:
        with self._file.reading() as connection:
            return _newest(connection)

    def begin(self, log: LogId, provider: str, first: LogEntry) -> None:
        with self._file.writing() as connection:
            connection.execute("INSERT INTO logs (log, provider) VALUES (?, ?)", (log, provider))
            _add_entry(connection, log, first)

    def take(self, log: LogId, entry: Callable[[int, Act], LogEntry], most: int) -> int:
        with self._file.writing() as connection:
            newest = _newest(connection)
            if newest is None or newest.id != log:
                return 0
            acts = _acts(connection, most)
            for number, (_, act) in enumerate(acts, newest.entries + 1):
                _add_entry(connection, log, entry(number, act))
            connection.executemany("DELETE FROM acts WHERE id = ?", [(id_,) for id_, _ in acts])
            return len(acts)

    def entries(self, log: LogId, after: int, most: int) -> list[LogEntry]:
        with self._file.reading() as connection:
            rows = connection.execute(_ENTRIES, (log, after, most)).fetchall()
        return [LogEntry(number, leaf, Salt(salt), body) for number, leaf, salt, body in rows]


def _newest(connection: sqlite3.Connection) -> NodeLog | None:
    row = connection.execute(_NEWEST).fetchone()
    return None if row is None else NodeLog(LogId(row[0]), row[1], row[2])


def _acts(connection: sqlite3.Connection, most: int) -> list[tuple[int, Act]]:
    return [
        (id_, Act(datetime.fromisoformat(at), type_, payload, resource, purpose, traceparent, outcome))
        for id_, at, type_, payload, resource, purpose, traceparent, outcome in connection.execute(_ACTS, (most,))
    ]


def _add_entry(connection: sqlite3.Connection, log: LogId, entry: LogEntry) -> None:
    connection.execute(_ADD_ENTRY, (log, entry.number, entry.leaf, entry.salt, entry.body))
