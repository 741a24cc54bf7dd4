"""A chunk's terms as rows: a bitmap for each common term, and rare terms many to a row."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pyroaring import BitMap

from audit_log.adapters.search_index.keys import REST_BYTES, Key, key_of
from audit_log.domain.terms import Field

RARE: Final = 16
"""A term at so many places of a chunk, or fewer, gets no row of its own: the row would be larger than its content."""

_PLACE_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Rows:
    """Bitmaps by the number of a common term's key; by bucket the rests of all rare terms, then their places.

    A term at several places has its rest so many times.
    """

    common: Mapping[int, bytes]
    rare: Mapping[int, bytes]


def rows_of(places: Mapping[Field, Mapping[str, list[int]]]) -> Rows:
    """The rows of one chunk, of where in it each value of each field is."""
    common: dict[int, BitMap] = {}
    few: list[tuple[Key, list[int]]] = []
    for field, of_value in places.items():
        for value, at in of_value.items():
            key = key_of(field, value)
            if len(at) <= RARE:
                few.append((key, at))
            else:
                common[key.number] = common.get(key.number, BitMap()) | BitMap(at)
    rests: defaultdict[int, list[bytes]] = defaultdict(list)
    rare: defaultdict[int, list[int]] = defaultdict(list)
    for (number, bucket, rest), at in few:
        if number in common:
            # Another term's. Who finds a common row looks for no rare one.
            common[number] |= BitMap(at)
        else:
            rests[bucket] += [rest] * len(at)
            rare[bucket] += at
    return Rows(
        {number: bitmap.serialize() for number, bitmap in common.items()},
        {bucket: b"".join(rests[bucket]) + struct.pack(f">{len(at)}H", *at) for bucket, at in rare.items()},
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
