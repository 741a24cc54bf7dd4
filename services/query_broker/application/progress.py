"""How a query goes on when answers change. The one place that changes answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from kit.database.engine import Transaction
from query_broker.application.ports import Publisher, Queries
from query_broker.domain.answer import ProviderAnswer, Report
from query_broker.domain.query import CohortQuery


class Progress:
    """Works on a query that the transaction has locked."""

    def __init__(self, queries: Queries, publisher: Publisher) -> None:
        self._queries = queries
        self._publisher = publisher

    async def record(
        self, transaction: Transaction, query: CohortQuery, reports: Mapping[str, Report], now: datetime
    ) -> tuple[CohortQuery, list[ProviderAnswer]]:
        """Takes reports by provider; returns the query after them and the answers that changed.
        Final answers become events, once; the last of them completes the query."""
        changed = [
            followed
            for answer in query.answers
            if answer.provider in reports and (followed := answer.follow(reports[answer.provider], now)) is not None
        ]
        if not changed:
            return query, []
        by_provider = {answer.provider: answer for answer in changed}
        query = replace(query, answers=tuple(by_provider.get(a.provider, a) for a in query.answers))
        for answer in changed:
            if answer.state.is_final:
                await self._publisher.answered(transaction, query, answer)
        before, query = query.state, query.settled(now)
        if query.state is not before:
            await self._publisher.completed(transaction, query)
        await self._queries.save(transaction, query, changed)
        return query, changed
