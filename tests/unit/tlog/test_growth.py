"""What is written when a log grows."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tlog.support import MemoryTiles, entries, leaves, stored
from tlog.bundles import decode_bundle, encode_bundle
from tlog.errors import FormatError
from tlog.growth import grown_bundles, grown_tiles
from tlog.reader import TileMap
from tlog.tiles import Bundle, Tile, bundle_at, edge_tiles

# SHA-256 of tiles of the tree over `entry 0` to `entry 69999`, computed with golang.org/x/mod/sumdb/tlog.
_GO_TILES = {
    Tile(0, 0): "b0f6ca2ff42508faf8c6bb4ea8bb9c74243b19d4174fdc4fd17bdad9099e605e",
    Tile(0, 1): "5b4af7f8c276af63acf25814d12ef3d04d3ed33d10431e9f8535876604e53acf",
    Tile(0, 273, 112): "e31da4e768fc0d0f1f1f0046a1c4b68d71326b04a07951a7d3dcefef0de9b8cd",
    Tile(1, 0): "44f879be76da41edaf37c0d67303fbd25f2ea44be93285b320561fbaaaaabbfa",
    Tile(1, 1, 17): "5a8eb2fe63c90ddf7fd813d165c04fa79d6eca48534b61bd312fcd2d1cf0aef3",
    Tile(2, 0, 1): "7e27fb89709243536fe26030f273fc9f7a73443f5e7ec296b3053aa520623e76",
}


def _grown(batches: list[int]) -> MemoryTiles:
    total = leaves(sum(batches))
    tiles = MemoryTiles()
    for batch in batches:
        tiles.grow(total[tiles.size : tiles.size + batch])
    return tiles


def test_tiles_hold_what_other_programs_write() -> None:
    tiles = stored(leaves(70_000)).tiles
    assert len(tiles) == 277
    assert {tile: sha256(tiles[tile]).hexdigest() for tile in _GO_TILES} == _GO_TILES


@given(st.lists(st.integers(0, 400), max_size=6))
def test_tiles_do_not_depend_on_how_the_leaves_were_batched(batches: list[int]) -> None:
    in_parts = _grown(batches).tiles
    at_once = stored(leaves(sum(batches))).tiles
    assert {tile: in_parts[tile] for tile in at_once} == at_once


def test_tiles_do_not_depend_on_batches_across_the_second_level() -> None:
    in_parts = _grown([65_000, 500, 36, 1, 300]).tiles
    at_once = stored(leaves(65_837)).tiles
    assert {tile: in_parts[tile] for tile in at_once} == at_once


@given(st.integers(0, 1500), st.integers(1, 600))
def test_growing_reads_nothing_but_the_right_edge(old: int, new: int) -> None:
    tiles = stored(leaves(old))
    tiles.asked.clear()
    tiles.grow(leaves(old + new)[old:])
    assert tiles.asked <= set(edge_tiles(old))


@given(st.integers(0, 1500), st.integers(1, 600))
def test_growing_writes_no_tile_that_stays_as_it_was(old: int, new: int) -> None:
    tiles = stored(leaves(old))
    assert not set(grown_tiles(old, leaves(old + new)[old:], tiles)) & set(tiles.tiles)


def test_a_log_that_gets_no_leaf_writes_nothing() -> None:
    assert grown_tiles(300, [], TileMap({})) == {}
    assert grown_bundles(256, b"", []) == {}


def test_a_missing_or_short_edge_tile_is_named() -> None:
    with pytest.raises(FormatError, match=r"tile/0/001\.p/44 is needed"):
        grown_tiles(300, leaves(1), TileMap({}))
    with pytest.raises(FormatError, match=r"tile/0/000\.p/3 has 64 bytes"):
        grown_tiles(3, leaves(1), TileMap({Tile(0, 0, 3): b"\0" * 64}))
    with pytest.raises(FormatError, match=r"tile/0/000\.p/1 has 33 bytes"):
        grown_tiles(1, leaves(1), TileMap({Tile(0, 0, 1): b"\0" * 33}))


@given(st.lists(st.integers(0, 400), max_size=6))
def test_bundles_do_not_depend_on_how_the_entries_were_batched(batches: list[int]) -> None:
    total = entries(sum(batches))
    written: dict[Bundle, bytes] = {}
    size = 0
    for batch in batches:
        edge = written[bundle_at(size // 256, size)] if size % 256 else b""
        written |= grown_bundles(size, edge, total[size : size + batch])
        size += batch
    for index in range(-(-size // 256)):
        bundle = written[bundle_at(index, size)]
        assert decode_bundle(bundle) == total[index * 256 : index * 256 + 256]


def test_an_edge_bundle_of_another_size_is_refused() -> None:
    with pytest.raises(FormatError, match="must hold 3 entries"):
        grown_bundles(3, encode_bundle([b"a"]), [b"b"])


def test_a_bundle_is_length_prefixed_entries() -> None:
    assert encode_bundle([b"", b"ab"]) == bytes.fromhex("0000 0002 6162")
    assert decode_bundle(bytes.fromhex("0000 0002 6162")) == [b"", b"ab"]


@pytest.mark.parametrize("data", [b"\0", b"\0\1", b"\0\2a", b"\0\0" * 257])
def test_a_bundle_cut_short_or_too_long_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="entr"):
        decode_bundle(data)


def test_an_entry_beyond_65535_bytes_or_a_bundle_beyond_256_entries_is_refused() -> None:
    with pytest.raises(FormatError, match="65536 bytes"):
        encode_bundle([b"x" * 65_536])
    with pytest.raises(FormatError, match="at most 256"):
        encode_bundle([b""] * 257)
