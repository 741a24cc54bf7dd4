"""Results that come close together are committed together, and none waits for one that does not come."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from typing import cast
from uuid import uuid4

import pytest

from federation.application import results
from federation.application.border import Stream, Streams
from federation.application.journal import Journal
from federation.application.ports import GivenResult
from federation.application.results import Arrived, ResultTaker
from federation.domain.provider import ProviderId
from federation.domain.task import TaskId


class Committed:
    """A journal that notes the batches which it is given, after as many failures; `came` is set at the first."""

    def __init__(self, failures: int = 0) -> None:
        self.batches: list[list[TaskId]] = []
        self.came = asyncio.Event()
        self._failures = failures

    async def take(self, given: Sequence[GivenResult]) -> frozenset[TaskId]:
        if self._failures:
            self._failures -= 1
            raise OSError
        self.batches.append([result.task for result in given])
        self.came.set()
        return frozenset()


class AtNodes:
    """Streams whose nodes have these tasks."""

    def __init__(self, tasks: Iterable[TaskId]) -> None:
        self.tasks = set(tasks)

    def expected(self) -> set[TaskId]:
        return set(self.tasks)

    def answered(self, _stream: Stream, tasks: Iterable[TaskId]) -> None:
        self.tasks -= set(tasks)


def task_ids(count: int) -> list[TaskId]:
    return [TaskId(uuid4()) for _ in range(count)]


async def taken(journal: Committed, at_nodes: Iterable[TaskId], arriving: Sequence[Sequence[TaskId]]) -> None:
    """Results arrive in groups, each as soon as the taker has taken what came before."""
    taker = ResultTaker(cast(Journal, journal), cast(Streams, AtNodes(at_nodes)))
    running = asyncio.create_task(taker.run())
    for group in arriving:
        for task in group:
            await taker.put(Arrived(cast(Stream, object()), GivenResult(task, ProviderId("p"), "i", "", b"")))
        await asyncio.sleep(0)
    await asyncio.wait_for(journal.came.wait(), 30)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_results_that_come_one_by_one_are_committed_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "LINGER_SECONDS", 20.0)
    journal, tasks = Committed(), task_ids(5)
    await taken(journal, tasks, [[task] for task in tasks])
    assert journal.batches == [tasks]


async def test_a_result_does_not_wait_for_one_that_does_not_come() -> None:
    journal, (came, missing) = Committed(), task_ids(2)
    await taken(journal, [came, missing], [[came]])
    assert journal.batches == [[came]]


async def test_the_last_result_that_is_expected_does_not_wait_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "LINGER_SECONDS", 1000.0)
    journal, [last] = Committed(), task_ids(1)
    await taken(journal, [last], [[last]])
    assert journal.batches == [[last]]


async def test_what_the_database_does_not_take_now_is_taken_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "RETRY_SECONDS", 0.0)
    journal, tasks = Committed(failures=3), task_ids(2)
    await taken(journal, tasks, [tasks])
    assert journal.batches == [tasks]
