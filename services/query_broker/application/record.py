"""Recording what providers report, and what the clock decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kit.clock import Clock
from kit.database.engine import Database, Transaction
from query_broker.application.ports import Queries
from query_broker.application.progress import Progress
from query_broker.domain.answer import AnswerState, Report

_TIMED_OUT = Report(AnswerState.TIMED_OUT, "DEADLINE_PASSED", "no answer came before the deadline")
SWEEP = 100


@dataclass(frozen=True, slots=True)
class TaskReport:
    """What a provider's node did of one of our tasks."""

    provider: str
    task_id: str
    report: Report


class RecordReports:
    """Reports of one query's tasks, in the consumer's transaction. What isn't a task of ours, or changes nothing, is
    ignored."""

    def __init__(self, queries: Queries, progress: Progress, clock: Clock) -> None:
        self._queries = queries
        self._progress = progress
        self._clock = clock

    async def __call__(self, transaction: Transaction, query_id: str, reports: Sequence[TaskReport]) -> None:
        query = await self._queries.locked(transaction, query_id)
        if query is None:
            return
        tasks = {(answer.provider, answer.task_id) for answer in query.answers}
        ours = [(r.provider, r.report) for r in reports if (r.provider, r.task_id) in tasks]
        await self._progress.record(transaction, query, ours, self._clock.now())


class TimeOutQueries:
    """Ends the waiting of queries whose deadline has passed."""

    def __init__(self, database: Database, queries: Queries, progress: Progress, clock: Clock) -> None:
        self._database = database
        self._queries = queries
        self._progress = progress
        self._clock = clock

    async def __call__(self) -> int:
        """How many queries were ended, at most SWEEP."""
        now = self._clock.now()
        async with self._database.reading() as reading:
            overdue = await self._queries.overdue(reading, now, SWEEP)
        for query_id in overdue:
            async with self._database.transaction() as transaction:
                query = await self._queries.locked(transaction, query_id)
                if query is not None:
                    open_answers = [(a.provider, _TIMED_OUT) for a in query.answers if not a.state.is_final]
                    await self._progress.record(transaction, query, open_answers, now)
        return len(overdue)
