"""Which tiles and bundles are to be written when a log grows, and what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from tlog.bundles import decode_bundle, encode_bundle
from tlog.errors import FormatError
from tlog.hashing import HASH_SIZE, Hash, Row, top_hash
from tlog.reader import HashReader, LogReader, read_row
from tlog.text import check_count
from tlog.tiles import TILE_HEIGHT, TILE_WIDTH, Bundle, Tile


def grown_files(
    old_size: int, entries: Sequence[bytes], leaves: Sequence[Hash], log: LogReader
) -> dict[Tile | Bundle, bytes]:
    """All files that a log of `old_size` entries gets by these new entries, whose leaf hashes are `leaves`.

    `log` is asked for the edge alone. Raises FormatError like the two that it is made of.
    """
    index, width = divmod(old_size, TILE_WIDTH)
    edge = log.read_bundle(Bundle(index, width)) if width else encode_bundle([])
    bundles, tiles = grown_bundles(old_size, edge, entries), grown_tiles(old_size, leaves, log)
    return dict(chain[tuple[Tile | Bundle, bytes]](bundles.items(), tiles.items()))


def grown_tiles(old_size: int, leaves: Sequence[Hash], reader: HashReader) -> dict[Tile, bytes]:
    """The tiles that a tree of `old_size` leaves gets by these new leaf hashes, with their bytes.

    These are all tiles that became full and the partial ones of the new size; tiles that stay as they were
    are left out. `reader` is asked for edge_tiles(old_size) only. Raises FormatError where it gives too few
    hashes.
    """
    check_count(old_size, "tree size")
    written: dict[Tile, bytes] = {}
    fresh = Row(b"".join(leaves))
    level = 0
    while fresh:
        index, width = divmod(old_size >> TILE_HEIGHT * level, TILE_WIDTH)
        row = fresh if width == 0 else Row(read_row(reader, Tile(level, index, width)) + fresh)
        tops: list[Hash] = []
        full = TILE_WIDTH * HASH_SIZE
        for start in range(0, len(row), full):
            part = Row(row[start : start + full])
            written[Tile(level, index + start // full, len(part) // HASH_SIZE)] = part
            if len(part) == full:
                tops.append(top_hash(part))
        fresh = Row(b"".join(tops))
        level += 1
    return written


def grown_bundles(old_size: int, edge: bytes, entries: Sequence[bytes]) -> dict[Bundle, bytes]:
    """The entry bundles that a log of `old_size` entries gets by these new entries, with their bytes.

    `edge` is the partial bundle of the old size, empty where `old_size` is a multiple of 256. Raises
    FormatError where it does not fit the old size, or an entry is too long.
    """
    check_count(old_size, "log size")
    index, width = divmod(old_size, TILE_WIDTH)
    if len(decode_bundle(edge)) != width:
        raise FormatError(f"edge bundle of a log of {old_size} entries must hold {width} entries")
    written: dict[Bundle, bytes] = {}
    at = 0
    while at < len(entries):
        part = entries[at : at + TILE_WIDTH - width]
        at += len(part)
        written[Bundle(index, width + len(part))] = edge + encode_bundle(part)
        index, width, edge = index + 1, 0, b""
    return written
