"""Providers in PostgreSQL: the read model that the worker fills from federation's state."""

from __future__ import annotations

from sqlalchemy import text

from kit.database.engine import Database

_OF_ORGANISATION = text("SELECT name FROM providers WHERE organisation = :organisation AND NOT removed")


class PostgresProviderDirectory:
    """Implements ProviderDirectory."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_organisation(self, organisation: str) -> frozenset[str]:
        async with self._database.reading() as connection:
            rows = await connection.execute(_OF_ORGANISATION, {"organisation": organisation})
            return frozenset(rows.scalars())
