"""Finds entries: in what is not sealed yet one by one, and before it chunk by chunk, from the newest on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from typing import Any

from pyroaring import BitMap
from sqlalchemy import ARRAY, BigInteger, ColumnElement, Row, any_, bindparam, text

from audit_log.adapters.entry_rows import SELECT_ENTRIES, entry_of
from audit_log.adapters.search_index.conditions import conditions
from audit_log.adapters.search_index.lookup import Candidates, narrow
from audit_log.adapters.search_index.sealing import SEALED
from audit_log.adapters.tables import entries
from audit_log.domain.chunk import Chunk
from audit_log.domain.entry import Entry, EntryIndex
from audit_log.domain.scope import Scope
from audit_log.domain.search import Search
from audit_log.domain.terms import alternatives
from kit.database.engine import Reading

# The times of a chunk's blocks are many: they are read where only a part of the chunk is of the time asked for.
_CHUNKS = text(
    """SELECT first, size,
              CASE WHEN partly THEN earliest END AS earliest,
              CASE WHEN partly THEN latest END AS latest
       FROM (SELECT coalesce(CAST(:start AS timestamptz), '-infinity') AS start,
                    coalesce(CAST(:end AS timestamptz), 'infinity') AS "end") AS asked,
            LATERAL (SELECT *, start_time < asked.start OR end_time >= asked."end" AS partly FROM chunks) AS chunks
       WHERE first < :below AND end_time >= asked.start AND start_time < asked."end"
       ORDER BY first DESC"""
)
_TYPES = text("SELECT type FROM types")
_NEWEST = SELECT_ENTRIES.order_by(entries.c.index.desc())

# A common search is answered by the first chunks; a rare one comes to all of them in a few steps.
_FIRST_CHUNKS, _MORE = 4, 16


class PostgresFinder:
    """What it reads may grow, and be sealed, meanwhile: it holds on to what was sealed when it began."""

    async def newest(
        self, reading: Reading, search: Search, scope: Scope, before: EntryIndex | None, most: int
    ) -> list[Entry]:
        sealed = (await reading.execute(SEALED)).scalar_one_or_none() or 0
        wanted = conditions(search, scope)
        found = await _unsealed(reading, wanted, sealed, before, most)
        if len(found) < most:
            below = sealed if before is None else min(sealed, before)
            async for candidates in _candidates(reading, search, scope, below):
                found += await _matching(reading, wanted, candidates, most - len(found))
                if len(found) == most:
                    break
        return found


async def _unsealed(
    reading: Reading, wanted: Sequence[ColumnElement[bool]], sealed: int, before: EntryIndex | None, most: int
) -> list[Entry]:
    places = [entries.c.index >= sealed]
    if before is not None:
        places.append(entries.c.index < before)
    rows = await reading.execute(_NEWEST.where(*places, *wanted).limit(most))
    return [entry_of(row) for row in rows]


async def _candidates(reading: Reading, search: Search, scope: Scope, below: int) -> AsyncIterator[Candidates]:
    """All entries below an index that may match, some chunks at a time, those of the newest chunks first."""
    chunks = await _chunks(reading, search, below)
    types = (await reading.execute(_TYPES)).scalars().all() if chunks and search.type_prefix else []
    terms = alternatives(search, scope, types)
    start, size = 0, _FIRST_CHUNKS
    while start < len(chunks):
        candidates = dict(chunks[start : start + size])
        for one in terms:
            candidates = await narrow(reading, candidates, one)
        yield candidates
        start, size = start + size, size * _MORE


async def _chunks(reading: Reading, search: Search, below: int) -> list[tuple[EntryIndex, BitMap]]:
    """The chunks below an index, and the places in each that may be of the time asked for, newest first."""
    rows = await reading.execute(_CHUNKS, {"below": below, "start": search.start, "end": search.end})
    return [(EntryIndex(row.first), _in_time(row, search, below)) for row in rows]


def _in_time(row: Row[Any], search: Search, below: int) -> BitMap:
    result = BitMap()
    if row.earliest is None:
        result.add_range(0, row.size)
    else:
        chunk = Chunk(row.first, row.size, tuple(row.earliest), tuple(row.latest))
        for places in chunk.places(search.start, search.end):
            result.add_range(places.start, places.stop)
    result.remove_range(max(below - row.first, 0), row.size)
    return result


async def _matching(
    reading: Reading, wanted: Sequence[ColumnElement[bool]], candidates: Candidates, most: int
) -> list[Entry]:
    """The newest of the candidates that do match."""
    statement = _NEWEST.where(entries.c.index == any_(bindparam("indexes", type_=ARRAY(BigInteger))), *wanted)
    left = _newest_first(candidates)
    found: list[Entry] = []
    size = most
    while len(found) < most and (indexes := list(islice(left, size))):
        rows = await reading.execute(statement.limit(most - len(found)), {"indexes": indexes})
        found += [entry_of(row) for row in rows]
        # Those that don't match lie together: they are of another time than was asked for.
        size *= 4
    return found


def _newest_first(candidates: Candidates) -> Iterator[int]:
    for first in sorted(candidates, reverse=True):
        places = candidates[first].to_array()
        yield from (first + place for place in reversed(places))
