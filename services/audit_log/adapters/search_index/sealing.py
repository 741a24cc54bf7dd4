"""Makes the index, chunk by chunk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

import asyncpg
from sqlalchemy import text

from audit_log.adapters.packing import unpack_actor
from audit_log.adapters.search_index.rows import Rows, rows_of
from audit_log.domain.chunk import Columns
from audit_log.domain.entry import EntryIndex
from audit_log.domain.terms import Field
from kit.database.engine import Database, Reading

SEALED = text("SELECT first + size FROM chunks ORDER BY first DESC LIMIT 1")

# The first statement of a chunk, so that of two who seal it one waits for the other and then leaves it.
_CHUNK = text(
    """INSERT INTO chunks (first, size, start_time, end_time, earliest, latest)
       VALUES (:first, :size, :start, :end, CAST(:earliest AS timestamptz[]), CAST(:latest AS timestamptz[]))
       ON CONFLICT DO NOTHING"""
)
_TYPES = text("INSERT INTO types (type) SELECT unnest(CAST(:types AS text[])) ON CONFLICT DO NOTHING")
_COLUMNS = f"""SELECT time, {", ".join(Field)} FROM entries
               WHERE index >= $1 AND index < $2 ORDER BY index"""  # noqa: S608 - our own names

# So many entries are read at a time: decoding them holds up the event loop.
_AT_ONCE = 2_048
_READ: dict[Field, Callable[[Any], str]] = {Field.TRACE_ID: bytes.hex, Field.ACTOR: unpack_actor}


class PostgresSealing:
    """A chunk and all of its rows are one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sealed(self) -> EntryIndex:
        async with self._database.reading() as reading:
            return EntryIndex((await reading.execute(SEALED)).scalar_one_or_none() or 0)

    async def columns(self, first: EntryIndex, size: int) -> Columns:
        times: list[datetime] = []
        values: dict[Field, list[str]] = {field: [] for field in Field}
        for start in range(first, first + size, _AT_ONCE):
            async with self._database.reading() as reading:
                rows = await (await _driver(reading)).fetch(_COLUMNS, start, min(start + _AT_ONCE, first + size))
            of_rows, *columns = zip(*rows, strict=True)
            times += of_rows
            for field, column in zip(Field, columns, strict=True):
                values[field] += map(_READ[field], column) if field in _READ else column
        return Columns(times, values)

    async def seal(self, first: EntryIndex, columns: Columns, inserted: Callable[[], None]) -> None:
        rows = await asyncio.to_thread(lambda: rows_of(columns.places()))
        chunk = columns.chunk(first)
        values = {
            "first": first,
            "size": chunk.size,
            "start": min(chunk.earliest),
            "end": max(chunk.latest),
            "earliest": list(chunk.earliest),
            "latest": list(chunk.latest),
        }
        async with self._database.transaction() as transaction:
            if (await transaction.execute(_CHUNK, values)).rowcount != 1:
                return
            await transaction.execute(_TYPES, {"types": sorted(set(columns.values[Field.TYPE]))})
            await _copy(await _driver(transaction), first, rows)
            inserted()


async def _copy(driver: asyncpg.Connection, first: EntryIndex, rows: Rows) -> None:
    common = [(key, first, places) for key, places in sorted(rows.common.items())]
    await driver.copy_records_to_table("common_terms", records=common, columns=("key", "first", "places"))
    rare = [(bucket, first, terms) for bucket, terms in sorted(rows.rare.items())]
    await driver.copy_records_to_table("rare_terms", records=rare, columns=("bucket", "first", "terms"))


async def _driver(reading: Reading) -> asyncpg.Connection:
    return cast(asyncpg.Connection, (await reading.get_raw_connection()).driver_connection)
