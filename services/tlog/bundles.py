"""Entry bundles of c2sp.org/tlog-tiles: up to 256 entries, each behind its length as uint16."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tlog.errors import FormatError
from tlog.framing import Frame
from tlog.tiles import TILE_WIDTH

MAX_ENTRY: Final = (1 << 16) - 1
"""Bytes in the longest entry."""

_LENGTH_BYTES: Final = 2


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """The bundle of these entries, at most 256 of at most 65,535 bytes. Raises FormatError beyond that."""
    if len(entries) > TILE_WIDTH:
        raise FormatError(f"an entry bundle holds at most {TILE_WIDTH} entries, not {len(entries)}")
    longest = max(map(len, entries), default=0)
    if longest > MAX_ENTRY:
        raise FormatError(f"log entry has {longest} bytes; allowed are at most {MAX_ENTRY}")
    return b"".join([len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries])


def decode_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle. Raises FormatError where it is cut short or holds more than 256."""
    entries: list[bytes] = []
    frame = Frame(data, "entry bundle")
    while not frame.at_end():
        entries.append(frame.take(frame.unsigned(_LENGTH_BYTES, "length of an entry"), "entry"))
    if len(entries) > TILE_WIDTH:
        raise FormatError(f"an entry bundle holds at most {TILE_WIDTH} entries, not {len(entries)}")
    return entries
