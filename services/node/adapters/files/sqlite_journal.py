"""The node's task journal: nothing that was answered is forgotten in a crash."""

from __future__ import annotations

from datetime import datetime

from kit.clock import Clock
from node.adapters.files.sqlite import SqliteFile
from node.adapters.files.sqlite_node_log import add_act
from node.domain.act import Act
from node.domain.answer import TaskId
from node.domain.journal import KnownTask, NewTask, PendingResult, ReceivedTask


class SqliteTaskJournal:
    """Payloads and results are opaque here. Raises sqlite3.Error or OSError when the disk fails."""

    def __init__(self, file: SqliteFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    def receive(self, task: ReceivedTask) -> NewTask | KnownTask:
        """Note a task; a task that comes again keeps its first payload. Not synced: the hub sends a task again
        until it is answered."""
        with self._file.writing(synced=False) as connection:
            row = connection.execute("SELECT result FROM tasks WHERE task_id = ?", (task.task_id,)).fetchone()
            if row is not None:
                return KnownTask(row[0])
            connection.execute(
                "INSERT INTO tasks (task_id, payload, deadline, received_at) VALUES (?, ?, ?, ?)",
                (task.task_id, task.payload, task.deadline.isoformat(timespec="microseconds"), self._now()),
            )
            return NewTask()

    def unanswered(self) -> list[ReceivedTask]:
        """Tasks that were begun and have no result, oldest first. The hub sends those again that it still wants."""
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT task_id, payload, deadline FROM tasks WHERE result IS NULL AND acknowledged_at IS NULL"
                " ORDER BY received_at, task_id"
            ).fetchall()
            return [
                ReceivedTask(TaskId(task_id), payload, datetime.fromisoformat(deadline))
                for task_id, payload, deadline in rows
            ]

    def record_result(self, task_id: TaskId, result: bytes, act: Act | None = None) -> None:
        """Note the result of a task with the act that tells of it; a task's first result stays. Not synced: what a
        result cost is in the ledger, and a node whose machine lost power does the task once more, with the stored
        answer."""
        with self._file.writing(synced=False) as connection:
            noted = connection.execute(
                "UPDATE tasks SET result = ?, answered_at = ? WHERE task_id = ? AND result IS NULL",
                (result, self._now(), task_id),
            )
            if act is not None and noted.rowcount:
                add_act(connection, act)

    def pending_results(self) -> list[PendingResult]:
        """Results that the hub has not acknowledged, oldest first."""
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT task_id, result FROM tasks WHERE result IS NOT NULL AND acknowledged_at IS NULL"
                " ORDER BY answered_at, task_id"
            ).fetchall()
            return [PendingResult(TaskId(task_id), result) for task_id, result in rows]

    def acknowledge(self, task_id: TaskId) -> None:
        """The hub has the result, or wants none any more. Unknown and acknowledged tasks are left as they
        are. Not synced: a result that is sent once more changes nothing at the hub.
        """
        with self._file.writing(synced=False) as connection:
            connection.execute(
                "UPDATE tasks SET acknowledged_at = ? WHERE task_id = ? AND acknowledged_at IS NULL",
                (self._now(), task_id),
            )

    def forget(self, before: datetime) -> int:
        """Remove tasks acknowledged before a moment, and unanswered ones whose deadline lies before it; how many.
        The hub must be past sending them again."""
        moment = before.isoformat(timespec="microseconds")
        with self._file.writing() as connection:
            return connection.execute(
                "DELETE FROM tasks WHERE acknowledged_at < ? OR (result IS NULL AND deadline < ?)", (moment, moment)
            ).rowcount

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="microseconds")
