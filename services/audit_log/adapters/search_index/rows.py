"""A chunk's terms as rows: a bitmap for each common term, and rare terms many to a row."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pyroaring import BitMap

from audit_log.adapters.search_index.keys import REST_BYTES, Key, bucket_of, key_of, rest_of
from audit_log.domain.chunk import Places
from audit_log.domain.terms import Field

RARE: Final = 16
"""A term at so many places of a chunk, or fewer, gets no row of its own: the row would be larger than its content."""

_PLACE_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Rows:
    """Bitmaps by a common term's key; by bucket the rests of all rare terms, then their places.

    A term at several places has its rest so many times.
    """

    common: Mapping[Key, bytes]
    rare: Mapping[int, bytes]


def rows_of(places: Mapping[Field, Places]) -> Rows:
    """The rows of one chunk, of where in it each value of each field is."""
    common: dict[Key, BitMap] = {}
    for field, of_field in places.items():
        for value, at in of_field.often.items():
            if len(at) > RARE:
                key = key_of(field, value)
                common[key] = common.get(key, BitMap()) | BitMap(at)
    rests: defaultdict[int, list[bytes]] = defaultdict(list)
    rare: defaultdict[int, list[int]] = defaultdict(list)
    for key, place in _rare(places):
        if key in common:
            # Another term's. Who finds a common row looks for no rare one.
            common[key].add(place)
        else:
            bucket = bucket_of(key)
            rests[bucket].append(rest_of(key))
            rare[bucket].append(place)
    return Rows(
        {key: bitmap.serialize() for key, bitmap in common.items()},
        {bucket: b"".join(rests[bucket]) + struct.pack(f">{len(at)}H", *at) for bucket, at in rare.items()},
    )


def _rare(places: Mapping[Field, Places]) -> Iterator[tuple[Key, int]]:
    for field, of_field in places.items():
        for value, place in of_field.once.items():
            yield key_of(field, value), place
        for value, at in of_field.often.items():
            if len(at) <= RARE:
                key = key_of(field, value)
                yield from ((key, place) for place in at)


def bitmap(row: bytes) -> BitMap:
    """The places of a common term."""
    return BitMap.deserialize(row)


def rare_places(row: bytes, key: Key) -> Iterator[int]:
    """The places of a rare term in its bucket's row."""
    rest = rest_of(key)
    rests = len(row) // (REST_BYTES + _PLACE_BYTES) * REST_BYTES
    at = row.find(rest, 0, rests)
    while at >= 0:
        number, off = divmod(at, REST_BYTES)
        if off == 0:
            place = rests + number * _PLACE_BYTES
            yield int.from_bytes(row[place : place + _PLACE_BYTES], "big")
        at = row.find(rest, at + 1, rests)
