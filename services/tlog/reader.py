"""How this library gets at stored hashes: the caller does the I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from tlog.errors import FormatError
from tlog.hashing import HASH_SIZE, Row
from tlog.tiles import Bundle, Tile


class HashReader(Protocol):
    """Gives the bytes of a tile."""

    def read_tile(self, tile: Tile) -> bytes:
        """The hashes of the tile, concatenated.

        A wider tile of the same place will do as well, because a log may delete a partial tile once it has
        the full one. What cannot be read is the reader's own error.
        """
        ...


class LogReader(HashReader, Protocol):
    """Gives a log's files."""

    def read_bundle(self, bundle: Bundle) -> bytes:
        """The entry bundle, or a wider one of the same place. What cannot be read is the reader's own error."""
        ...


@dataclass(frozen=True, slots=True)
class TileMap:
    """A reader over tiles fetched beforehand, for callers whose I/O is asynchronous."""

    tiles: Mapping[Tile, bytes]

    def read_tile(self, tile: Tile) -> bytes:
        """The bytes given for the tile. Raises FormatError where there are none."""
        if tile not in self.tiles:
            raise FormatError(f"{tile.path} is needed and was not given")
        return self.tiles[tile]


def read_row(reader: HashReader, tile: Tile) -> Row:
    """The hashes of a tile, as many as its width. Raises FormatError where the reader gives too few."""
    data = reader.read_tile(tile)
    length = tile.width * HASH_SIZE
    if len(data) < length or len(data) % HASH_SIZE:
        raise FormatError(f"{tile.path} has {len(data)} bytes; its {tile.width} hashes need {length}")
    return Row(data[:length])
