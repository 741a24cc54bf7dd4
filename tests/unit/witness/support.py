"""A log's tree at all of its sizes."""

from __future__ import annotations

from collections.abc import Sequence

from tests.unit.tlog.support import MemoryTiles
from tlog.hashing import Hash
from tlog.proofs import consistency_proof
from tlog.subtrees import read_frontier
from tlog.tiles import Tile


class Story:
    """What a log may tell: a tree that grew by one leaf after another."""

    def __init__(self, leaves: Sequence[Hash]) -> None:
        self._tiles = MemoryTiles()
        for leaf in leaves:
            self._tiles.grow([leaf])

    def read_tile(self, tile: Tile) -> bytes:
        return self._tiles.read_tile(tile)

    def root(self, size: int) -> Hash:
        return read_frontier(size, self._tiles).root()

    def proof(self, old: int, new: int) -> tuple[Hash, ...]:
        """As it is sent to a witness: empty from an empty tree."""
        return consistency_proof(old, new, self._tiles) if 0 < old <= new else ()
