"""Cancelling a cohort query. Only its owner can."""

from __future__ import annotations

from dataclasses import replace

from kit.clock import Clock
from kit.database.engine import Database
from kit.errors import NotFound
from kit.events.outbox import Acting
from kit.identity.caller import Caller
from query_broker.application.ports import Publisher, Queries
from query_broker.domain.answer import AnswerState, Report
from query_broker.domain.query import CohortQuery, QueryState


class CancelQuery:
    def __init__(self, database: Database, queries: Queries, publisher: Publisher, clock: Clock) -> None:
        self._database = database
        self._queries = queries
        self._publisher = publisher
        self._clock = clock

    async def __call__(self, caller: Caller, query_id: str) -> CohortQuery:
        """The query afterwards; one that had ended is left as it was. Raises NotFound."""
        async with self._database.transaction() as transaction:
            query = await self._queries.locked(transaction, query_id)
            if query is None or query.owner != caller.subject:
                raise NotFound(f"cohortQueries/{query_id}")
            if query.state is not QueryState.RUNNING:
                return query
            now = self._clock.now()
            cancelled = Report(AnswerState.CANCELLED)
            changed = [after for answer in query.answers if (after := answer.follow(cancelled, now)) is not None]
            stopped = {answer.provider: answer for answer in changed}
            query = replace(
                query,
                state=QueryState.CANCELLED,
                end_time=now,
                answers=tuple(stopped.get(answer.provider, answer) for answer in query.answers),
            )
            await self._queries.save(transaction, query, changed)
            await self._publisher.cancelled(transaction, query, changed, Acting.by(caller))
        return query
