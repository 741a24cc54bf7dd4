"""Making of inclusion and consistency proofs (RFC 6962, section 2.1) from stored tiles.

All of them are subtree consistency proofs of draft-ietf-plants-merkle-tree-certs, section 4.4: inclusion is
the subtree of one leaf, consistency the subtree that begins at 0.
"""

from __future__ import annotations

from tlog.errors import FormatError
from tlog.hashing import Hash
from tlog.reader import HashReader
from tlog.subtrees import Range, check_subtree, range_tiles, read_range, split_point
from tlog.text import check_count
from tlog.tiles import Tile


def inclusion_proof(index: int, size: int, reader: HashReader) -> tuple[Hash, ...]:
    """The proof that leaf `index` is in the tree of `size` leaves.

    Its hashes go from the leaf's sibling to the root's child. Raises FormatError where there is no such leaf.
    """
    return _read(_inclusion(index, size), size, reader)


def inclusion_tiles(index: int, size: int) -> frozenset[Tile]:
    """The tiles that inclusion_proof reads. Raises FormatError as it does."""
    return range_tiles(_inclusion(index, size), size)


def consistency_proof(old_size: int, new_size: int, reader: HashReader) -> tuple[Hash, ...]:
    """The proof that the tree of `new_size` leaves begins with all leaves of the tree of `old_size`.

    Raises FormatError unless 1 <= old_size <= new_size: an empty tree begins any tree, without proof.
    """
    return _read(_consistency(old_size, new_size), new_size, reader)


def consistency_tiles(old_size: int, new_size: int) -> frozenset[Tile]:
    """The tiles that consistency_proof reads. Raises FormatError as it does."""
    return range_tiles(_consistency(old_size, new_size), new_size)


def subtree_inclusion_proof(index: int, subtree: Range, size: int, reader: HashReader) -> tuple[Hash, ...]:
    """The proof that leaf `index` is in a subtree of the tree of `size` leaves.

    Raises FormatError where the subtree is not valid or has no such leaf.
    """
    check_subtree(subtree, size)
    within = _inclusion(index - subtree.start, subtree.end - subtree.start)
    return _read([Range(subtree.start + one.start, subtree.start + one.end) for one in within], size, reader)


def subtree_consistency_proof(subtree: Range, size: int, reader: HashReader) -> tuple[Hash, ...]:
    """The proof that all leaves of a subtree are in the tree of `size` leaves, in place.

    Raises FormatError where the subtree is not valid.
    """
    check_subtree(subtree, size)
    return _read(_path(subtree, size), size, reader)


def _inclusion(index: int, size: int) -> list[Range]:
    check_count(size, "tree size")
    if not 0 <= index < size:
        raise FormatError(f"index {index} is outside of a tree of {size} leaves")
    return _path(Range(index, index + 1), size)


def _consistency(old_size: int, new_size: int) -> list[Range]:
    check_count(new_size, "new tree size")
    if not 1 <= old_size <= new_size:
        raise FormatError(f"old tree size {old_size} must lie between 1 and the new tree size {new_size}")
    return _path(Range(0, old_size), new_size)


def _path(subtree: Range, size: int) -> list[Range]:
    """The ranges whose hashes prove the subtree, in the order of the proof."""
    if subtree.start == subtree.end:
        return []
    start, end = subtree.start, subtree.end
    low, high = 0, size
    path: list[Range] = []
    is_node = True
    while (start, end) != (low, high):
        middle = low + split_point(high - low)
        if end <= middle:
            path.append(Range(middle, high))
            high = middle
        elif start >= middle:
            path.append(Range(low, middle))
            low = middle
        else:
            # The subtree is none of the tree's nodes: prove its left part, go on with its right part.
            path.append(Range(low, middle))
            low = start = middle
            is_node = False
    if not is_node:
        path.append(Range(low, high))
    path.reverse()
    return path


def _read(ranges: list[Range], size: int, reader: HashReader) -> tuple[Hash, ...]:
    return tuple(read_range(one, size, reader) for one in ranges)
