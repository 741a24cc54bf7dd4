"""The tree and its entries in PostgreSQL, appended with COPY."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from uuid import UUID

import asyncpg
from sqlalchemy import text

from audit_log.adapters.entry_rows import row_of
from audit_log.adapters.tables import bodies, entries
from audit_log.domain.entry import EntryIndex, Event
from kit.database.engine import Database, Transaction, wake
from tlog.record import Salt
from tlog.tree import Frontier

GROWN = "audit_log_grown"
"""The channel that tells that entries were committed."""

_LOCK = text("SELECT frontier FROM tree FOR UPDATE")
# A plan that probes the index for each id, whatever the statistics of a fast growing table say.
_KNOWN = """SELECT known.event_id, sha256(bodies.body) FROM unnest($1::uuid[]) AS asked(id)
            CROSS JOIN LATERAL (SELECT event_id, index FROM entries WHERE event_id = asked.id OFFSET 0) AS known
            LEFT JOIN LATERAL (SELECT body FROM bodies WHERE index = known.index OFFSET 0) AS bodies ON true"""
_SAVE = f"UPDATE tree SET frontier = $1 RETURNING pg_notify('{GROWN}', '')"  # noqa: S608 - a constant
_FRONTIER = text("SELECT frontier FROM tree")
_LEAVES = text("SELECT leaf FROM entries WHERE index >= :start AND index < :end ORDER BY index")

_ENTRY_COLUMNS = [column.name for column in entries.columns]
_BODY_COLUMNS = [column.name for column in bodies.columns]


class PostgresTree:
    """Appends, all in the transaction that it is given."""

    async def lock(self, transaction: Transaction) -> Frontier:
        return Frontier.from_bytes((await transaction.execute(_LOCK)).scalar_one())

    async def known(self, transaction: Transaction, event_ids: Sequence[UUID]) -> dict[UUID, bytes | None]:
        rows = await (await _driver(transaction)).fetch(_KNOWN, event_ids)
        return {row[0]: row[1] for row in rows}

    async def append(
        self,
        transaction: Transaction,
        first: EntryIndex,
        events: Sequence[Event],
        leaves: Sequence[bytes],
        salts: Sequence[Salt],
        frontier: Frontier,
    ) -> None:
        driver = await _driver(transaction)
        numbered = enumerate(zip(events, leaves, strict=True), first)
        rows = [row_of(index, event.attributes, leaf) for index, (event, leaf) in numbered]
        await driver.copy_records_to_table("entries", records=rows, columns=_ENTRY_COLUMNS)
        openings = [(index, salt, e.body) for index, (e, salt) in enumerate(zip(events, salts, strict=True), first)]
        await driver.copy_records_to_table("bodies", records=openings, columns=_BODY_COLUMNS)
        await driver.execute(_SAVE, frontier.to_bytes())
        wake(transaction, GROWN, "")


class PostgresLeaves:
    """What is committed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def frontier(self) -> Frontier:
        async with self._database.reading() as reading:
            return Frontier.from_bytes((await reading.execute(_FRONTIER)).scalar_one())

    async def leaves(self, start: int, end: int) -> list[bytes]:
        async with self._database.reading() as reading:
            return list((await reading.execute(_LEAVES, {"start": start, "end": end})).scalars())


async def _driver(transaction: Transaction) -> asyncpg.Connection:
    # SQLAlchemy begins the transaction with its own first statement, which `lock` is.
    return cast(asyncpg.Connection, (await transaction.get_raw_connection()).driver_connection)
