"""The task journal: what is asked of nodes, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from federation.application.ports import Announcer, GivenResult, Outcome, Tasks, TraceOf
from federation.application.registry import DISABLED
from federation.domain.provider import ProviderId
from federation.domain.task import NewTask, OpenTask, TaskId
from kit.clock import Clock
from kit.database.engine import Database, Transaction

# Longer than Kafka keeps requests, so that none that is read again looks new.
KEEP = timedelta(days=8)
SWEEP = 500


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Stop one task, or with None all open tasks of the asking resource at the provider."""

    provider: ProviderId
    asking_resource: str
    task: TaskId | None


class Journal:
    """The use cases around tasks."""

    def __init__(self, database: Database, clock: Clock, tasks: Tasks, announcer: Announcer) -> None:
        self._database = database
        self._clock = clock
        self._tasks = tasks
        self._announcer = announcer

    async def request(
        self, transaction: Transaction, tasks: Sequence[NewTask], cancellations: Sequence[Cancellation] = ()
    ) -> list[OpenTask]:
        """Takes tasks into the journal, and gives those to deliver. A task that is known already changes nothing.

        Tasks for providers that are unknown or switched off are refused at once.
        """
        now = self._clock.now()
        outcomes = []
        for cancellation in cancellations:
            cancelled = await self._tasks.cancel(
                transaction, cancellation.provider, cancellation.asking_resource, cancellation.task, now
            )
            outcomes += [Outcome(task) for task in cancelled]
        # After the cancellations, which must not stop the very tasks that tell the node of them.
        added = await self._tasks.add(transaction, tasks, now)
        if added.hopeless:
            refused = await self._tasks.refuse(transaction, added.hopeless, now)
            outcomes += [Outcome(task, refusal=DISABLED) for task in refused]
        if outcomes:
            await self._announcer.reported(transaction, outcomes)
        fresh = [task for task in tasks if task.id in added.fresh]
        return [OpenTask(task.id, task.provider, task.body, task.traceparent, delivered_as="") for task in fresh]

    async def open_tasks(
        self, providers: Collection[ProviderId], except_for: Collection[TaskId], most: int
    ) -> list[OpenTask]:
        """What is to be sent to the providers' nodes, but for what was sent already."""
        async with self._database.reading() as reading:
            return await self._tasks.open(reading, providers, except_for, most)

    async def take(self, results: Sequence[GivenResult]) -> frozenset[TaskId]:
        """Commits results, each once, with their reports. What is not wanted (any more) changes nothing.

        Gives those that must not be acknowledged, because a superseded node sent them.
        """
        async with self._database.transaction() as transaction:
            taken = await self._tasks.done(transaction, results, self._clock.now())
            given = {result.task: result for result in results}
            await self._announcer.reported(
                transaction, [Outcome(task, given[task.id].body, given[task.id].traceparent) for task in taken.ended]
            )
        return taken.fenced

    async def delivered(self, as_spans: dict[TaskId, str]) -> None:
        """Tells of tasks that were sent and have no answer yet, with the trace context of each delivery."""
        async with self._database.transaction() as transaction:
            marked = await self._tasks.delivered(transaction, as_spans)
            await self._announcer.reported(transaction, [Outcome(task) for task in marked])

    async def time_out(self) -> None:
        """Ends what is past its deadline, and forgets what ended long ago."""
        while True:
            async with self._database.transaction() as transaction:
                ended = await self._tasks.time_out(transaction, self._clock.now(), SWEEP)
                await self._announcer.reported(transaction, [Outcome(task) for task in ended])
            if len(ended) < SWEEP:
                return

    async def forget(self) -> None:
        """Deletes what ended long ago."""
        async with self._database.transaction() as transaction:
            await self._tasks.forget(transaction, self._clock.now() - KEEP)

    async def given(self, traces: Collection[TraceOf]) -> set[TraceOf]:
        """Those traces in which the provider was given a task."""
        async with self._database.reading() as reading:
            return await self._tasks.given(reading, traces)
