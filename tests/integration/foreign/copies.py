"""Served copies of a log with one byte changed, at each kind of place where a foreign verifier has to notice it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from audit_log.entrypoints.tiles_http import tiles_app
from stack.ports import Ports
from tests.integration.foreign.standing_log import StandingLog
from tests.world import serving
from tlog.tiles import TILE_WIDTH, bundle_at, tile_at

_LENGTH = 2


class Spot(StrEnum):
    """What the changed byte is part of."""

    FULL_TILE = "full tile"
    PARTIAL_TILE = "partial tile"
    UPPER_TILE = "tile of level 1"
    FULL_BUNDLE = "record in a full bundle"
    PARTIAL_BUNDLE = "record in a partial bundle"
    FULL_BUNDLE_LENGTH = "length in a full bundle"
    PARTIAL_BUNDLE_LENGTH = "length in a partial bundle"
    ORIGIN = "checkpoint's origin"
    SIZE = "checkpoint's size"
    ROOT = "checkpoint's root"
    SIGNATURE = "checkpoint's signature"


def changed(of: StandingLog, spot: Spot) -> tuple[str, bytes]:
    """The path of a file, and what is in it once a bit at that spot is another."""
    path, offset = _place(of, spot)
    content = bytearray((of.files / path).read_bytes())
    content[offset] ^= 1
    return path, bytes(content)


@contextlib.contextmanager
def served_copy(of: StandingLog, path: str, content: bytes, directory: Path) -> Iterator[str]:
    """Serves a copy of the log in which one file has other content; gives its URL."""
    copy = directory / "copy"
    # Links, because a copy of each byte for each test takes long; so the changed file has to be a new one.
    shutil.copytree(of.files, copy, copy_function=os.link)
    (copy / path).unlink()
    (copy / path).write_bytes(content)
    address = Ports().address("copy")
    with serving(tiles_app(copy), address):
        yield f"http://{address}"


def _place(of: StandingLog, spot: Spot) -> tuple[str, int]:
    """The file, and the offset in it."""
    last = of.size // TILE_WIDTH
    origin, size, root = of.published.note.decode().split("\n")[:3]
    match spot:
        case Spot.FULL_TILE:
            return tile_at(0, last // 2, of.size).path, 100
        case Spot.PARTIAL_TILE:
            return tile_at(0, last, of.size).path, 100
        case Spot.UPPER_TILE:
            return tile_at(1, 0, of.size).path, 100
        case Spot.FULL_BUNDLE:
            return bundle_at(last // 2, of.size).path, _LENGTH + 30
        case Spot.PARTIAL_BUNDLE:
            return bundle_at(last, of.size).path, _LENGTH + 30
        case Spot.FULL_BUNDLE_LENGTH:
            return bundle_at(last // 2, of.size).path, 1
        case Spot.PARTIAL_BUNDLE_LENGTH:
            return bundle_at(last, of.size).path, 1
        case Spot.ORIGIN:
            return "checkpoint", 0
        case Spot.SIZE:
            return "checkpoint", len(origin) + len(size)
        case Spot.ROOT:
            return "checkpoint", len(origin) + len(size) + 2 + len(root) // 2
        case Spot.SIGNATURE:
            mark = f"\u2014 {origin} ".encode()
            return "checkpoint", of.published.note.index(mark) + len(mark) + 40
