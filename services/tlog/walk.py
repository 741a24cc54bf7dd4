"""Verification of a whole log from its files: every entry, every hash, every number that a producer gave.

A walk goes through the entry bundles from some place to the size of a signed checkpoint. It computes all hashes anew
and compares them with the tiles, level by level, so that what is wrong is named by its file. It keeps the right edge of
the tree and the runs of numbers, nothing that grows with the log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from tlog.bundles import decode_bundle
from tlog.errors import VerificationError
from tlog.hashing import HASH_SIZE, Row, leaf_hashes, top_hash
from tlog.numbers import Numbers
from tlog.reader import LogReader, TileMap, read_row
from tlog.record import LeafRecord
from tlog.subtrees import read_frontier
from tlog.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, bundle_at, edge_tiles, tile_at
from tlog.tree import Frontier

_ROW: Final = TILE_WIDTH * HASH_SIZE


@dataclass(frozen=True, slots=True)
class Walked:
    """How far a walk came. `repeats`: for each producer, numbers that stand on more than one entry."""

    frontier: Frontier = field(default_factory=Frontier)
    numbers: dict[str, Numbers] = field(default_factory=dict)
    repeats: dict[str, Numbers] = field(default_factory=dict)


class Walk:
    """Goes through the log of a checkpoint, from its start or from where an earlier walk ended.

    Raises VerificationError if the checkpoint has fewer entries than were walked, or if the tiles up to there are not
    those that the earlier walk saw.
    """

    def __init__(self, log: LogReader, size: int, since: Walked | None = None) -> None:
        since = since or Walked()
        self._log = log
        self._size = size
        self._at = since.frontier.size
        if self._at > size:
            raise VerificationError(f"the log has {size} entries and had {self._at} before; it was rolled back")
        self._rows = self._edge()
        self._numbers = dict(since.numbers)
        self._repeats = dict(since.repeats)
        if self.walked.frontier != since.frontier:
            raise VerificationError(f"the tiles of the first {self._at} entries were changed since they were verified")

    def __iter__(self) -> Iterator[tuple[int, list[bytes]]]:
        """The entries of each bundle, and the index of the first, once they are checked.

        Raises VerificationError naming the file that contradicts another, FormatError for one that is malformed. At the
        end all tiles of that size are checked as well, and the root of `walked` is to be compared with the signed one.
        """
        while self._at < self._size:
            yield self._bundle()
        for tile in edge_tiles(self._size):
            self._compare(tile, self._rows[tile.level])

    @property
    def walked(self) -> Walked:
        """How far it came."""
        edge = {tile: self._rows[tile.level] for tile in edge_tiles(self._at)}
        return Walked(read_frontier(self._at, TileMap(edge)), dict(self._numbers), dict(self._repeats))

    def _edge(self) -> list[Row]:
        """The unfinished rows of what was walked, by level, out of the tiles of the whole log."""
        rows: list[Row] = []
        level = 0
        while nodes := self._at >> TILE_HEIGHT * level:
            index, width = divmod(nodes, TILE_WIDTH)
            stored = read_row(self._log, tile_at(level, index, self._size)) if width else b""
            rows.append(Row(stored[: width * HASH_SIZE]))
            level += 1
        return rows

    def _bundle(self) -> tuple[int, list[bytes]]:
        first = self._at
        bundle = bundle_at(first // TILE_WIDTH, self._size)
        entries = decode_bundle(self._log.read_bundle(bundle))
        if len(entries) < bundle.width:
            raise VerificationError(f"{bundle.path} holds {len(entries)} entries, not {bundle.width}")
        # An earlier walk may have ended within the bundle.
        entries = entries[first % TILE_WIDTH : bundle.width]
        self._add(0, Row(b"".join(leaf_hashes(entries))))
        self._count(entries)
        self._at += len(entries)
        return first, entries

    def _add(self, level: int, hashes: Row) -> None:
        """Adds hashes to a level, at most to the end of a tile, and to the levels above what they complete."""
        if level == len(self._rows):
            self._rows.append(Row(b""))
        row = Row(self._rows[level] + hashes)
        if len(row) == _ROW:
            index = (self._at >> TILE_HEIGHT * level) // TILE_WIDTH
            self._compare(Tile(level, index), row)
            self._rows[level] = Row(b"")
            self._add(level + 1, Row(top_hash(row)))
        else:
            self._rows[level] = row

    def _compare(self, tile: Tile, row: Row) -> None:
        stored = read_row(self._log, tile)
        if stored == row:
            return
        at = next(n for n in count() if stored[n * HASH_SIZE :][:HASH_SIZE] != row[n * HASH_SIZE :][:HASH_SIZE])
        place = tile.index * TILE_WIDTH + at
        below = (
            f"entry {place} in {bundle_at(tile.index, self._size).path}"
            if tile.level == 0
            else f"tile {place} of the level below"
        )
        raise VerificationError(f"hash {at} of {tile.path} is not that of {below}; one of them was changed")

    def _count(self, entries: Sequence[bytes]) -> None:
        found: dict[str, list[int]] = defaultdict(list)
        for record in map(LeafRecord.decode, entries):
            found[record.producer].append(record.producer_number)
        for producer, numbers in found.items():
            seen = self._numbers.get(producer, Numbers())
            if repeated := seen.repeated(numbers):
                self._repeats[producer] = self._repeats.get(producer, Numbers()).with_also(repeated)
            self._numbers[producer] = seen.with_also(numbers)
