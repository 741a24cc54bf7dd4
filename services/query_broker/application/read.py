"""Reading cohort queries. A query belongs to the subject who asked it; auditors read all."""

from __future__ import annotations

from collections.abc import Sequence

from kit.database.engine import Database
from kit.errors import NotFound
from kit.identity.caller import Caller, Role
from query_broker.application.ports import Position, Queries
from query_broker.domain.query import CohortQuery


def require_readable(query: CohortQuery, caller: Caller) -> None:
    """Raises NotFound, worded like what does not exist, if the caller may not read it."""
    if query.owner != caller.subject and not caller.has(Role.AUDITOR):
        raise NotFound(query.name)


class ReadQueries:
    def __init__(self, database: Database, queries: Queries) -> None:
        self._database = database
        self._queries = queries

    async def one(self, caller: Caller, query_id: str) -> CohortQuery:
        """Raises NotFound."""
        async with self._database.reading() as reading:
            query = await self._queries.get(reading, query_id)
        if query is None:
            raise NotFound(f"cohortQueries/{query_id}")
        require_readable(query, caller)
        return query

    async def page(self, caller: Caller, after: Position | None, most: int) -> Sequence[CohortQuery]:
        """The caller's queries, newest first, without their answers; an auditor's page has everybody's."""
        owner = None if caller.has(Role.AUDITOR) else caller.subject
        async with self._database.reading() as reading:
            return await self._queries.page(reading, owner, after, most)
