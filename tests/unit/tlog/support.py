"""A second, independent Merkle tree, straight from the definition of RFC 6962, and tiles kept in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from tlog.growth import grown_tiles
from tlog.hashing import Hash, leaf_hashes
from tlog.tiles import Tile


def entries(count: int) -> list[bytes]:
    return [f"entry {number}".encode() for number in range(count)]


def leaves(count: int) -> list[Hash]:
    return leaf_hashes(entries(count))


def reference_root(hashes: list[Hash]) -> bytes:
    """MTH of RFC 6962, section 2.1, over leaf hashes, by its recursion."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    left = 1
    while left * 2 < len(hashes):
        left *= 2
    return sha256(b"\x01" + reference_root(hashes[:left]) + reference_root(hashes[left:])).digest()


@dataclass
class MemoryTiles:
    """A log's tiles; keeps every tile that was ever written, and what was asked for."""

    tiles: dict[Tile, bytes] = field(default_factory=dict)
    size: int = 0
    asked: set[Tile] = field(default_factory=set)

    def read_tile(self, tile: Tile) -> bytes:
        self.asked.add(tile)
        return self.tiles[tile]

    def grow(self, new: list[Hash]) -> None:
        self.tiles.update(grown_tiles(self.size, new, self))
        self.size += len(new)


def stored(hashes: list[Hash]) -> MemoryTiles:
    tiles = MemoryTiles()
    tiles.grow(hashes)
    return tiles
