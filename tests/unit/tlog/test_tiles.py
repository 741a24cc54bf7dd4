"""Coordinates and paths of tiles and entry bundles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlog.errors import FormatError
from tlog.tiles import Bundle, Tile, bundle_at, edge_tiles, parse_path, tile_at


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(1, 67, 12), "tile/1/067.p/12"),
        (Tile(63, 999), "tile/63/999"),
        (Tile(2, 1000, 1), "tile/2/x001/000.p/1"),
        (Bundle(0), "tile/entries/000"),
        (Bundle(273, 112), "tile/entries/273.p/112"),
        (Bundle(1000000), "tile/entries/x001/x000/000"),
    ],
)
def test_paths_are_those_of_the_specification(place: Tile | Bundle, path: str) -> None:
    assert place.path == path
    assert parse_path(path) == place


@given(st.integers(0, 63), st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_every_path_leads_back_to_its_tile(level: int, index: int, width: int) -> None:
    assert parse_path(Tile(level, index, width).path) == Tile(level, index, width)
    assert parse_path(Bundle(index, width).path) == Bundle(index, width)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/0/0",
        "tile/0/67",
        "tile/00/067",
        "tile/64/067",
        "tile/-1/067",
        "tile/0/x000/067",
        "tile/0/001/067",
        "tile/0/x001/x067",
        "tile/0/067.p/0",
        "tile/0/067.p/012",
        "tile/0/067.p/256",
        "tile/0/067.p/257",
        "tile/0/067/",
        "tile/0/067\n",
        "tile/0/٠٦٧",
        "/tile/0/067",
        "tile/0/../067",
        "tile/entries/67",
        "tile/entries/x9/067",
        "tile/0/" + "x999/" * 9 + "999",
    ],
)
def test_a_path_that_is_not_canonical_is_refused(path: str) -> None:
    with pytest.raises(FormatError):
        parse_path(path)


def test_a_tree_of_70000_leaves_has_the_tiles_of_the_specifications_example() -> None:
    assert edge_tiles(70_000) == (Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1))
    assert edge_tiles(256) == (Tile(1, 0, 1),)
    assert edge_tiles(0) == ()


def test_a_tile_is_as_wide_as_the_tree_fills_it() -> None:
    assert tile_at(0, 272, 70_000) == Tile(0, 272)
    assert tile_at(0, 273, 70_000) == Tile(0, 273, 112)
    assert bundle_at(273, 70_000) == Bundle(273, 112)
    with pytest.raises(FormatError, match="width"):
        tile_at(0, 274, 70_000)
    with pytest.raises(FormatError, match="width"):
        bundle_at(274, 70_000)
