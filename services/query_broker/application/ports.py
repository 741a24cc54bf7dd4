"""What the use cases need of the outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from kit.database.engine import Reading, Transaction
from kit.events.outbox import Acting
from query_broker.domain.answer import ProviderAnswer
from query_broker.domain.provider import Provider
from query_broker.domain.query import CohortQuery

# Where a page goes on: the time and id of the last query given.
Position = tuple[str, str]


class Queries(Protocol):
    """Cohort queries and their answers, in the transaction of the use case."""

    async def add(self, transaction: Transaction, query: CohortQuery, request_id: str, request_digest: bytes) -> bool:
        """Stores a query with its answers, at least one, and tells who watches it; False if another call with the
        owner's request id was first."""
        ...

    async def by_request(
        self, transaction: Transaction, owner: str, request_id: str
    ) -> tuple[CohortQuery, bytes] | None:
        """The query that an earlier call with this request id made, and that call's digest."""
        ...

    async def get(self, reading: Reading, query_id: str) -> CohortQuery | None: ...

    async def locked(self, transaction: Transaction, query_id: str) -> CohortQuery | None:
        """As `get`, and nobody else changes it until the transaction ends."""
        ...

    async def page(
        self, reading: Reading, owner: str | None, after: Position | None, most: int
    ) -> Sequence[CohortQuery]:
        """Without answers, newest first; of everybody where `owner` is None."""
        ...

    async def save(self, transaction: Transaction, query: CohortQuery, changed: Sequence[ProviderAnswer]) -> None:
        """Stores the state of the query and the changed answers, and tells who watches it."""
        ...

    async def overdue(self, reading: Reading, now: datetime, most: int) -> Sequence[str]:
        """Ids of running queries whose deadline has passed."""
        ...


class Providers(Protocol):
    """The read model of federation's providers."""

    async def all(self, transaction: Transaction) -> Sequence[Provider]: ...

    async def put(self, transaction: Transaction, provider: Provider) -> None: ...

    async def remove(self, transaction: Transaction, name: str) -> None: ...


class Publisher(Protocol):
    """Events and tasks, committed with the transaction."""

    async def asked(self, transaction: Transaction, query: CohortQuery, acting: Acting) -> None:
        """The query was asked: an event, and a task for each provider that is to answer."""
        ...

    async def answered(self, transaction: Transaction, query: CohortQuery, final: Sequence[ProviderAnswer]) -> None:
        """These answers became final: an event for each, and one more if they made the query complete."""
        ...

    async def cancelled(
        self, transaction: Transaction, query: CohortQuery, stopped: Sequence[ProviderAnswer], acting: Acting
    ) -> None:
        """An event, and a cancel task for each answer that was still open."""
        ...
