"""Merkle tree hashes of RFC 6962, section 2.1, with SHA-256."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final, NewType, cast

from tlog.errors import FormatError

Hash = NewType("Hash", bytes)
"""A 32-byte hash of a leaf or of an inner node."""

Row = NewType("Row", bytes)
"""Hashes of neighbouring nodes of one level, concatenated, as tiles hold them."""

HASH_SIZE: Final = 32

# Different prefixes for leaves and nodes, so that no inner node can be passed off as a leaf.
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"

EMPTY_ROOT: Final = Hash(sha256(b"").digest())
"""The root of a tree without leaves."""


def as_hash(data: bytes, field: str = "hash") -> Hash:
    """Takes 32 bytes from outside as a hash. Raises FormatError for any other length."""
    if len(data) != HASH_SIZE:
        raise FormatError(f"{field} has {len(data)} bytes; a SHA-256 hash has {HASH_SIZE}")
    return Hash(data)


def leaf_hash(data: bytes) -> Hash:
    """The hash of a leaf with these bytes."""
    return Hash(sha256(_LEAF + data).digest())


def leaf_hashes(entries: Iterable[bytes]) -> list[Hash]:
    """leaf_hash of each entry, in order."""
    # cast, not Hash(): calling a NewType for each leaf costs a tenth of the whole.
    return cast("list[Hash]", [sha256(_LEAF + entry).digest() for entry in entries])


def node_hash(left: Hash, right: Hash) -> Hash:
    """The hash of an inner node with these children."""
    return Hash(sha256(_NODE + left + right).digest())


def parent_row(row: Row) -> Row:
    """The next level of a row with an even number of hashes: one parent for each pair."""
    pair = 2 * HASH_SIZE
    return Row(b"".join([sha256(_NODE + row[i : i + pair]).digest() for i in range(0, len(row), pair)]))


def top_hash(row: Row) -> Hash:
    """The root of the complete subtree over this row, whose number of hashes is a power of two."""
    while len(row) > HASH_SIZE:
        row = parent_row(row)
    return Hash(row)
