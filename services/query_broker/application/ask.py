"""Asking a cohort query."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit.clock import Clock
from kit.database.engine import Database, Transaction
from kit.errors import AlreadyExists, FailedPrecondition, FieldViolation, InvalidInput
from kit.events.outbox import Acting
from kit.fields import request_uuid
from kit.identity.caller import Caller
from query_broker.application.ports import Providers, Publisher, Queries
from query_broker.domain.answer import first_answer
from query_broker.domain.provider import Provider, ProviderState
from query_broker.domain.query import CohortQuery, QueryState, Question, checked_deadline, checked_purpose


@dataclass(frozen=True, slots=True)
class Ask:
    """What a caller asks. `providers` empty: all that have ever connected."""

    question: Question
    purpose: str
    providers: tuple[str, ...]
    deadline: datetime | None
    request_id: str

    def digest(self) -> bytes:
        """Tells a repeated call from another one that took the same request id by mistake."""
        parts = (self.question.canonical_filter, self.purpose, *self.providers, str(self.deadline))
        return hashlib.sha256("\0".join(parts).encode()).digest()


class AskQuery:
    """Stores the query, its open answers, its event and its tasks in one transaction."""

    def __init__(
        self,
        database: Database,
        queries: Queries,
        providers: Providers,
        publisher: Publisher,
        clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:
        self._database = database
        self._queries = queries
        self._providers = providers
        self._publisher = publisher
        self._clock = clock
        self._new_id = new_id

    async def __call__(self, caller: Caller, ask: Ask, trace_id: str) -> CohortQuery:
        if not caller.organisation:
            raise FailedPrecondition(
                "NO_ORGANISATION",
                "your token names no organisation, for which providers keep budgets",
            )
        request_id = str(request_uuid(ask.request_id) or "")
        while True:
            async with self._database.transaction() as transaction:
                if request_id and (earlier := await self._queries.by_request(transaction, caller.subject, request_id)):
                    query, digest = earlier
                    if digest != ask.digest():
                        raise AlreadyExists(f"request_id {request_id}, for another query,")
                    return query
                query = await self._query(transaction, caller, ask, trace_id)
                # If not, the same call is being answered a second time, and the first has just been committed.
                if await self._queries.add(transaction, query, request_id, ask.digest()):
                    await self._publish(transaction, query, Acting.by(caller, query.purpose))
                    return query

    async def _query(self, transaction: Transaction, caller: Caller, ask: Ask, trace_id: str) -> CohortQuery:
        now = self._clock.now()
        asked = _chosen(ask.providers, await self._providers.all(transaction))
        return CohortQuery(
            id=self._new_id().hex,
            owner=caller.subject,
            organisation=caller.organisation,
            country=caller.country,
            question=ask.question,
            purpose=checked_purpose(ask.purpose),
            state=QueryState.RUNNING,
            create_time=now,
            deadline=checked_deadline(ask.deadline, now),
            end_time=None,
            trace_id=trace_id,
            answers=tuple(first_answer(provider, str(self._new_id()), now) for provider in asked),
        ).settled(now)

    async def _publish(self, transaction: Transaction, query: CohortQuery, acting: Acting) -> None:
        await self._publisher.asked(transaction, query, acting)
        await self._publisher.answered(transaction, query, [a for a in query.answers if a.state.is_final])


def _chosen(names: Sequence[str], known: Sequence[Provider]) -> list[Provider]:
    """Whom to ask. Raises InvalidInput naming each provider that there is not."""
    if not names:
        everybody = [provider for provider in known if provider.state is not ProviderState.NEVER_CONNECTED]
        if not everybody:
            raise FailedPrecondition("NO_PROVIDERS", "no provider's node has ever connected, so there is nobody to ask")
        return everybody
    by_name = {provider.name: provider for provider in known}
    missing = [
        FieldViolation(f"cohort_query.providers[{i}]", f"there is no {name}")
        for i, name in enumerate(names)
        if name not in by_name
    ]
    if missing:
        raise InvalidInput(missing)
    return [by_name[name] for name in sorted(set(names))]
