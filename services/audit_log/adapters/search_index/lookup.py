"""Looks up terms of chunks."""

from __future__ import annotations

from pyroaring import BitMap
from sqlalchemy import text

from audit_log.adapters.search_index.keys import Key, bucket_of, key_of
from audit_log.adapters.search_index.rows import bitmap, rare_places
from audit_log.domain.entry import EntryIndex
from audit_log.domain.terms import Alternatives
from kit.database.engine import Reading

Candidates = dict[EntryIndex, BitMap]
"""The places in chunks that are left, by the first index of the chunk. A chunk where none is left is not in it."""

_COMMON = text(
    """SELECT first, places FROM common_terms
       WHERE key = ANY(CAST(:keys AS bigint[])) AND first = ANY(CAST(:chunks AS bigint[]))"""
)
_RARE = text(
    """SELECT first, bucket, terms FROM rare_terms
       WHERE bucket = ANY(CAST(:buckets AS integer[])) AND first = ANY(CAST(:chunks AS bigint[]))"""
)


async def narrow(reading: Reading, candidates: Candidates, terms: Alternatives) -> Candidates:
    """Those of the candidates that have one of the terms."""
    if not terms or not candidates:
        return {}
    keys = [key_of(*term) for term in terms]
    found = await _common(reading, keys, list(candidates))
    # A term is common in a chunk or rare there, so one that was found is not looked for again.
    rest = list(candidates) if len(keys) > 1 else [first for first in candidates if first not in found]
    for first, places in (await _rare(reading, keys, rest)).items():
        found[first] = found.get(first, BitMap()) | places
    left = {first: places & found[first] for first, places in candidates.items() if first in found}
    return {first: places for first, places in left.items() if places}


async def _common(reading: Reading, keys: list[Key], chunks: list[EntryIndex]) -> Candidates:
    found: Candidates = {}
    for row in await reading.execute(_COMMON, {"keys": keys, "chunks": chunks}):
        found[row.first] = found.get(row.first, BitMap()) | bitmap(row.places)
    return found


async def _rare(reading: Reading, keys: list[Key], chunks: list[EntryIndex]) -> Candidates:
    found: Candidates = {}
    of_bucket: dict[int, list[Key]] = {}
    for key in keys:
        of_bucket.setdefault(bucket_of(key), []).append(key)
    if not chunks:
        return found
    for row in await reading.execute(_RARE, {"buckets": list(of_bucket), "chunks": chunks}):
        places = BitMap(place for key in of_bucket[row.bucket] for place in rare_places(row.terms, key))
        if places:
            found[row.first] = found.get(row.first, BitMap()) | places
    return found
