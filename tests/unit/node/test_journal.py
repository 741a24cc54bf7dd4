"""The node's task journal: each task once, each result until it is acknowledged, whatever restarts between."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from node.adapters.files.journal_file import journal_file
from node.adapters.files.sqlite_journal import SqliteTaskJournal
from node.domain.answer import TaskId
from node.domain.journal import KnownTask, NewTask, PendingResult, ReceivedTask

NOW = datetime(2026, 11, 24, tzinfo=UTC)


class Ticking:
    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


def task(task_id: str) -> ReceivedTask:
    return ReceivedTask(TaskId(task_id), f"payload {task_id}".encode(), NOW)


def test_a_task_that_comes_again_is_known_and_brings_its_result(tmp_path: Path) -> None:
    journal = SqliteTaskJournal(journal_file(tmp_path / "journal.sqlite"), Ticking())
    assert journal.receive(task("a")) == NewTask()
    assert journal.receive(task("a")) == KnownTask(None)
    journal.record_result(TaskId("a"), b"answer")
    journal.record_result(TaskId("a"), b"another answer")
    assert journal.receive(task("a")) == KnownTask(b"answer")


def test_a_result_is_pending_until_it_is_acknowledged_also_after_a_restart(tmp_path: Path) -> None:
    clock = Ticking()
    journal = SqliteTaskJournal(journal_file(tmp_path / "journal.sqlite"), clock)
    for task_id in ("a", "b"):
        journal.receive(task(task_id))
    journal.record_result(TaskId("a"), b"answer")
    restarted = SqliteTaskJournal(journal_file(tmp_path / "journal.sqlite"), clock)
    assert restarted.pending_results() == [PendingResult(TaskId("a"), b"answer")]
    assert restarted.unanswered() == [task("b")]
    restarted.acknowledge(TaskId("a"))
    assert restarted.pending_results() == []


def test_only_what_the_hub_can_not_send_again_is_forgotten(tmp_path: Path) -> None:
    journal = SqliteTaskJournal(journal_file(tmp_path / "journal.sqlite"), Ticking())
    for task_id in ("acknowledged", "answered", "begun"):
        journal.receive(task(task_id))
    for task_id in ("acknowledged", "answered"):
        journal.record_result(TaskId(task_id), b"answer")
    journal.acknowledge(TaskId("acknowledged"))
    assert journal.forget(NOW) == 0
    assert journal.forget(NOW + timedelta(days=1)) == 2
    assert journal.pending_results() == [PendingResult(TaskId("answered"), b"answer")]


class Journal(RuleBasedStateMachine):
    tasks: Bundle[str] = Bundle("tasks")

    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Ticking()
        self.received: dict[str, bytes | None] = {}
        self.acknowledged: set[str] = set()
        self.restart()

    @rule()
    def restart(self) -> None:
        self.journal = SqliteTaskJournal(journal_file(Path(self.folder.name) / "journal.sqlite"), self.clock)

    @rule(target=tasks, task_id=st.sampled_from("abcd"))
    def receive(self, task_id: str) -> str:
        known = KnownTask(self.received[task_id]) if task_id in self.received else NewTask()
        assert self.journal.receive(task(task_id)) == known
        self.received.setdefault(task_id, None)
        return task_id

    @rule(task_id=tasks, result=st.binary(max_size=3))
    def answer(self, task_id: str, result: bytes) -> None:
        self.journal.record_result(TaskId(task_id), result)
        if self.received[task_id] is None:
            self.received[task_id] = result

    @rule(task_id=tasks)
    def acknowledge(self, task_id: str) -> None:
        self.journal.acknowledge(TaskId(task_id))
        self.acknowledged.add(task_id)

    @invariant()
    def nothing_is_lost(self) -> None:
        open_tasks = {t: r for t, r in self.received.items() if t not in self.acknowledged}
        pending = {p.task_id: p.result for p in self.journal.pending_results()}
        assert pending == {t: r for t, r in open_tasks.items() if r is not None}
        assert {t.task_id for t in self.journal.unanswered()} == {t for t, r in open_tasks.items() if r is None}

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


TestJournal = Journal.TestCase
TestJournal.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
