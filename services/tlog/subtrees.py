"""Ranges of leaves and their hashes, computed from stored tiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tlog.errors import FormatError
from tlog.hashing import HASH_SIZE, Hash, Row, top_hash
from tlog.reader import HashReader, read_row
from tlog.text import check_count
from tlog.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, tile_at
from tlog.tree import Frontier, fold


@dataclass(frozen=True, slots=True)
class Range:
    """The leaves from `start` up to, not including, `end`."""

    start: int
    end: int

    def is_subtree(self) -> bool:
        """Whether the start is a multiple of the smallest power of two that is at least the length.

        Source: draft-ietf-plants-merkle-tree-certs, section 4.1.
        """
        if not 0 <= self.start <= self.end:
            return False
        length = self.end - self.start
        return length == 0 or self.start % (1 << (length - 1).bit_length()) == 0


def check_subtree(subtree: Range, size: int) -> None:
    """Raises FormatError unless the range is a valid subtree of a tree of `size` leaves."""
    check_count(size, "tree size")
    if not subtree.is_subtree() or subtree.end > size:
        raise FormatError(f"[{subtree.start}, {subtree.end}) is no valid subtree of a tree of {size} leaves")


def split_point(size: int) -> int:
    """Leaves left of the root: the largest power of two below `size`, which is 2 or more (RFC 6962, 2.1)."""
    return 1 << (size - 1).bit_length() - 1


def range_tiles(ranges: Iterable[Range], size: int) -> frozenset[Tile]:
    """The tiles that read_range asks for."""
    return frozenset(node.tile(size) for one in ranges for node in _nodes(one))


def read_range(leaves: Range, size: int, reader: HashReader) -> Hash:
    """The Merkle tree hash of a range, out of the tiles of a tree of `size` leaves.

    The range is a valid subtree of it. Raises FormatError where the reader gives too few hashes.
    """
    return fold([node.read(size, reader) for node in _nodes(leaves)])


def read_frontier(size: int, reader: HashReader) -> Frontier:
    """The frontier of a tree of `size` leaves, rebuilt from its tiles. Raises FormatError like read_range."""
    check_count(size, "tree size")
    return Frontier(size, tuple(node.read(size, reader) for node in _nodes(Range(0, size))))


def frontier_tiles(size: int) -> frozenset[Tile]:
    """The tiles that read_frontier asks for."""
    return range_tiles([Range(0, size)], size)


@dataclass(frozen=True, slots=True)
class _Node:
    """The root of the complete subtree over leaves [index << level, index + 1 << level)."""

    level: int
    index: int

    def tile(self, size: int) -> Tile:
        tile_level, height = divmod(self.level, TILE_HEIGHT)
        return tile_at(tile_level, (self.index << height) // TILE_WIDTH, size)

    def read(self, size: int, reader: HashReader) -> Hash:
        height = self.level % TILE_HEIGHT
        first = (self.index << height) % TILE_WIDTH
        row = read_row(reader, self.tile(size))
        return top_hash(Row(row[first * HASH_SIZE : (first + (1 << height)) * HASH_SIZE]))


def _nodes(leaves: Range) -> Iterator[_Node]:
    """The complete subtrees that make up a valid subtree, largest first."""
    at = leaves.start
    while at < leaves.end:
        level = (leaves.end - at).bit_length() - 1
        yield _Node(level, at >> level)
        at += 1 << level
