"""Where a log's hashes and entries lie: tiles and entry bundles of c2sp.org/tlog-tiles, and their paths."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tlog.errors import FormatError
from tlog.text import check_count

TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT
"""Hashes in a full tile, and entries in a full bundle."""

_MAX_LEVEL: Final = 63
_PATH: Final = re.compile(
    r"tile/(?P<kind>entries|[0-9]{1,2})/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[0-9]{1,3}))?"
)


def _check_place(index: int, width: int) -> None:
    check_count(index, "tile index")
    if not 1 <= width <= TILE_WIDTH:
        raise FormatError(f"tile width must lie between 1 and {TILE_WIDTH}, not {width}")


def _place(index: int, width: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """`width` neighbouring hashes of tree level 8 * `level`, from number 256 * `index` on.

    Width 256 is a full tile. Raises FormatError where a number is out of range.
    """

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not 0 <= self.level <= _MAX_LEVEL:
            raise FormatError(f"tile level must lie between 0 and {_MAX_LEVEL}, not {self.level}")
        _check_place(self.index, self.width)

    @property
    def full(self) -> Tile:
        """The full tile of the same place, which begins with this one. A log may keep only that, once it has it."""
        return Tile(self.level, self.index)

    @property
    def path(self) -> str:
        """The path below the log's prefix, such as `tile/0/x001/067.p/12`."""
        return f"tile/{self.level}/{_place(self.index, self.width)}"


@dataclass(frozen=True, slots=True, order=True)
class Bundle:
    """`width` neighbouring entries from number 256 * `index` on.

    Width 256 is a full bundle. Raises FormatError where a number is out of range.
    """

    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        _check_place(self.index, self.width)

    @property
    def full(self) -> Bundle:
        """The full bundle of the same place, as of a tile."""
        return Bundle(self.index)

    @property
    def path(self) -> str:
        """The path below the log's prefix, such as `tile/entries/x001/067.p/12`."""
        return f"tile/entries/{_place(self.index, self.width)}"


def parse_path(path: str) -> Tile | Bundle:
    """The tile or bundle at a path below the log's prefix. Raises FormatError unless canonical."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise FormatError("path is not that of a tile or entry bundle, such as tile/0/x001/067.p/12")
    index = int(re.sub("[x/]", "", match["index"]))
    width = TILE_WIDTH if match["width"] is None else int(match["width"])
    place = Bundle(index, width) if match["kind"] == "entries" else Tile(int(match["kind"]), index, width)
    if place.path != path:
        raise FormatError("path of a tile or entry bundle has needless zeros or a full width")
    return place


def tile_at(level: int, index: int, size: int) -> Tile:
    """Tile `index` of tile level `level` in a tree of `size` leaves, as wide as the tree fills it.

    Raises FormatError where the tree has no such tile.
    """
    return Tile(level, index, min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - TILE_WIDTH * index))


def bundle_at(index: int, size: int) -> Bundle:
    """Bundle `index` in a log of `size` entries. Raises FormatError where the log has no such bundle."""
    return Bundle(index, min(TILE_WIDTH, size - TILE_WIDTH * index))


def edge_tiles(size: int) -> tuple[Tile, ...]:
    """The partial tiles of a tree of `size` leaves, lowest level first: what growing it has to read."""
    tiles: list[Tile] = []
    level = 0
    while count := size >> TILE_HEIGHT * level:
        if width := count % TILE_WIDTH:
            tiles.append(Tile(level, count // TILE_WIDTH, width))
        level += 1
    return tuple(tiles)
