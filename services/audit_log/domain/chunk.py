"""Chunks: entries in a row that were sealed into the search index together."""

from __future__ import annotations

from collections import defaultdict
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

    def places(self) -> dict[Field, dict[str, list[int]]]:
        """Where in the chunk each value of each field is, in rising order."""
        return {field: _places(values) for field, values in self.values.items()}


def _places(values: Sequence[str]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for place, value in enumerate(values):
        found[value].append(place)
    found.pop("", None)
    return found
