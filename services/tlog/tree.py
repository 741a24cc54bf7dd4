"""The right edge of a Merkle tree: all that is needed to append leaves and to compute the root."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from tlog.errors import FormatError
from tlog.framing import Frame
from tlog.hashing import EMPTY_ROOT, HASH_SIZE, Hash, Row, node_hash, parent_row
from tlog.text import check_count

_SIZE_BYTES: Final = 8


def fold(hashes: Sequence[Hash]) -> Hash:
    """The root over neighbouring complete subtrees, largest first (RFC 6962, section 2.1)."""
    if not hashes:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes))


@dataclass(frozen=True, slots=True)
class Frontier:
    """The hashes of the complete subtrees that make up a tree of `size` leaves, largest (leftmost) first.

    One for each bit set in `size`. Raises FormatError where their number or a length does not fit.
    """

    size: int = 0
    hashes: tuple[Hash, ...] = ()

    def __post_init__(self) -> None:
        check_count(self.size, "tree size")
        if len(self.hashes) != self.size.bit_count():
            raise FormatError(
                f"frontier of size {self.size} needs {self.size.bit_count()} hashes, not {len(self.hashes)}"
            )
        if any(len(one) != HASH_SIZE for one in self.hashes):
            raise FormatError(f"frontier holds a hash that has not {HASH_SIZE} bytes")

    def root(self) -> Hash:
        """The Merkle tree hash of all leaves."""
        return fold(self.hashes)

    def appended(self, leaves: Iterable[Hash]) -> Frontier:
        """The frontier after these leaf hashes were added, in order."""
        row = Row(b"".join(leaves))
        size = self.size + len(row) // HASH_SIZE
        edge = list(self.hashes)
        kept: list[Hash] = []
        level = 0
        while row or edge:
            if self.size >> level & 1:
                row = Row(edge.pop() + row)
            if len(row) // HASH_SIZE % 2:
                kept.append(Hash(row[-HASH_SIZE:]))
                row = Row(row[:-HASH_SIZE])
            row = parent_row(row)
            level += 1
        return Frontier(size, tuple(reversed(kept)))

    def to_bytes(self) -> bytes:
        """Size as uint64, then the hashes, largest subtree first."""
        return self.size.to_bytes(_SIZE_BYTES, "big") + b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, data: bytes) -> Frontier:
        """Reads what to_bytes wrote. Raises FormatError."""
        frame = Frame(data, "frontier")
        size = frame.unsigned(_SIZE_BYTES, "size")
        hashes = tuple(Hash(frame.take(HASH_SIZE, "hash")) for _ in range(size.bit_count()))
        frame.end()
        return cls(size, hashes)
