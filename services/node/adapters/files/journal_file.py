"""The SQLite file of tasks and acts: a task's result and the act that tells of it are noted together."""

from __future__ import annotations

from pathlib import Path

from node.adapters.files.sqlite import SqliteFile

_TASKS = (
    """CREATE TABLE tasks (
        task_id TEXT PRIMARY KEY, payload BLOB NOT NULL, deadline TEXT NOT NULL, received_at TEXT NOT NULL,
        result BLOB, answered_at TEXT, acknowledged_at TEXT) STRICT""",
    "CREATE INDEX tasks_open ON tasks (received_at) WHERE acknowledged_at IS NULL",
)
_LOG = (
    # Acts that are not in the log yet.
    """CREATE TABLE acts (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, type TEXT NOT NULL, payload BLOB NOT NULL,
        resource TEXT NOT NULL, purpose TEXT NOT NULL, traceparent TEXT NOT NULL, outcome TEXT NOT NULL) STRICT""",
    # The newest is the one in use.
    "CREATE TABLE logs (id INTEGER PRIMARY KEY, log TEXT NOT NULL UNIQUE, provider TEXT NOT NULL) STRICT",
    """CREATE TABLE log_entries (
        log TEXT NOT NULL REFERENCES logs (log), number INTEGER NOT NULL, leaf BLOB NOT NULL, salt BLOB NOT NULL,
        body BLOB NOT NULL, PRIMARY KEY (log, number)) STRICT""",
)


def journal_file(path: Path) -> SqliteFile:
    return SqliteFile(path, _TASKS, _LOG)
