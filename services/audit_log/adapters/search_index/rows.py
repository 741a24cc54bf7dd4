"""A chunk's terms as rows: a bitmap for each common term, and rare terms many to a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyroaring import BitMap

from audit_log.adapters.search_index.keys import REST_BYTES, Key, key_of
from audit_log.domain.terms import Term

RARE: Final = 16
"""A term at so many places of a chunk, or fewer, gets no row of its own: the row would be larger than its content."""

_PLACE_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Rows:
    """Bitmaps by the number of a common term's key; packed rare terms by bucket."""

    common: Mapping[int, bytes]
    rare: Mapping[int, bytes]


def rows_of(places: Mapping[Term, Sequence[int]]) -> Rows:
    """The rows of one chunk."""
    common: dict[int, BitMap] = {}
    rare: defaultdict[int, list[tuple[bytes, int]]] = defaultdict(list)
    for term, at in places.items():
        key = key_of(term)
        if len(at) <= RARE:
            rare[key.bucket] += [(key.rest, place) for place in at]
        else:
            common[key.number] = common.get(key.number, BitMap()) | BitMap(at)
    return Rows(
        {number: bitmap.serialize() for number, bitmap in common.items()},
        {bucket: _pack(pairs) for bucket, pairs in rare.items()},
    )


def bitmap(row: bytes) -> BitMap:
    """The places of a common term."""
    return BitMap.deserialize(row)


def rare_places(row: bytes, key: Key) -> Iterator[int]:
    """The places of a rare term in its bucket's row."""
    rests = len(row) // (REST_BYTES + _PLACE_BYTES) * REST_BYTES
    at = row.find(key.rest, 0, rests)
    while at >= 0:
        number, off = divmod(at, REST_BYTES)
        if off == 0:
            place = rests + number * _PLACE_BYTES
            yield int.from_bytes(row[place : place + _PLACE_BYTES], "big")
        at = row.find(key.rest, at + 1, rests)


def _pack(pairs: Sequence[tuple[bytes, int]]) -> bytes:
    """First all rests, then all places."""
    return b"".join([rest for rest, _ in pairs] + [place.to_bytes(_PLACE_BYTES, "big") for _, place in pairs])
