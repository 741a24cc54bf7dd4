"""How a query goes on when answers change. The one place that changes answers."""

from __future__ import annotations

from collections.abc import Iterable
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
        self, transaction: Transaction, query: CohortQuery, reports: Iterable[tuple[str, Report]], now: datetime
    ) -> None:
        """Takes reports by provider, in their order. Final answers become events, once; the last of them completes
        the query."""
        answers = {answer.provider: answer for answer in query.answers}
        changed: dict[str, ProviderAnswer] = {}
        for provider, report in reports:
            if (followed := answers[provider].follow(report, now)) is not None:
                answers[provider] = changed[provider] = followed
        if not changed:
            return
        query = replace(query, answers=tuple(answers.values())).settled(now)
        await self._publisher.answered(transaction, query, [a for a in changed.values() if a.state.is_final])
        await self._queries.save(transaction, query, list(changed.values()))
