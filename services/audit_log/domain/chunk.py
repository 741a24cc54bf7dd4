"""Chunks: entries in a row that were sealed into the search index together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit_log.domain.entry import EntryIndex
from audit_log.domain.terms import Field

MAX_CHUNK: Final = 65_536
"""An entry's place in its chunk fits into 16 bits."""

BLOCK: Final = 1_024
"""Of so many entries in a row a chunk knows the earliest and the latest time."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """`size` entries from index `first` on. `earliest` and `latest` have a time for each block, in order.

    Times rise with the index only roughly: producers' clocks differ, and partitions arrive in any order. So a block
    tells where an entry of some time may be, never where it must be.
    """

    first: EntryIndex
    size: int
    earliest: tuple[datetime, ...]
    latest: tuple[datetime, ...]

    def places(self, start: datetime | None, end: datetime | None) -> Iterator[range]:
        """The places in the chunk at which entries from `start` on and before `end` may be."""
        for block, (earliest, latest) in enumerate(zip(self.earliest, self.latest, strict=True)):
            if (start is None or latest >= start) and (end is None or earliest < end):
                yield range(block * BLOCK, min((block + 1) * BLOCK, self.size))


@dataclass(frozen=True, slots=True)
class Columns:
    """What is indexed of entries in a row, by column."""

    times: Sequence[datetime]
    values: Mapping[Field, Sequence[str]]

    def chunk(self, first: EntryIndex) -> Chunk:
        """They as a chunk. There is at least one."""
        blocks = [self.times[start : start + BLOCK] for start in range(0, len(self.times), BLOCK)]
        return Chunk(first, len(self.times), tuple(map(min, blocks)), tuple(map(max, blocks)))

    def places(self) -> dict[Field, Places]:
        """Where in the chunk each value of each field is."""
        return {field: places_of(values) for field, values in self.values.items()}


@dataclass(frozen=True, slots=True)
class Places:
    """Where in a chunk each value of a field is: at one place, or at several, in rising order.

    Apart, because most resources and traces are at one: of a list for each, the garbage collector would have more
    work than the index.
    """

    once: Mapping[str, int]
    often: Mapping[str, list[int]]


def places_of(values: Sequence[str]) -> Places:
    """Of the values of a field, in their order. Empty ones are left out."""
    once: dict[str, int] = {}
    often: dict[str, list[int]] = {"": []}
    for place, value in enumerate(values):
        if value in often:
            often[value].append(place)
        elif value in once:
            often[value] = [once.pop(value), place]
        else:
            once[value] = place
    del often[""]
    return Places(once, often)
