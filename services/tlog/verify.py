"""Checking of inclusion and consistency proofs. A call that returns has verified; every failure raises.

The algorithms are those of draft-ietf-plants-merkle-tree-certs, sections 4.3 and 4.4, of which the proofs of
RFC 6962 and RFC 9162 are the cases that begin at leaf 0.
"""

from __future__ import annotations

from collections.abc import Sequence

from tlog.errors import VerificationError
from tlog.hashing import EMPTY_ROOT, HASH_SIZE, Hash, node_hash
from tlog.subtrees import Range


def verify_inclusion(*, leaf: Hash, index: int, size: int, root: Hash, proof: Sequence[Hash]) -> None:
    """Checks that the leaf hash stands at `index` in the tree of `size` leaves with this root.

    Raises VerificationError.
    """
    verify_subtree_inclusion(leaf=leaf, index=index, subtree=Range(0, size), root=root, proof=proof)


def verify_consistency(*, old_size: int, old_root: Hash, new_size: int, new_root: Hash, proof: Sequence[Hash]) -> None:
    """Checks that the new tree begins with all leaves of the old one.

    Raises VerificationError, also for an empty old tree: every tree begins with it, so a proof says nothing.
    """
    if old_size == 0:
        raise VerificationError("the old tree is empty; every tree is consistent with it, nothing is proved")
    verify_subtree_consistency(
        subtree=Range(0, old_size), subtree_root=old_root, size=new_size, root=new_root, proof=proof
    )


def verify_subtree_inclusion(*, leaf: Hash, index: int, subtree: Range, root: Hash, proof: Sequence[Hash]) -> None:
    """Checks that the leaf hash stands at `index` in the subtree with this root. Raises VerificationError."""
    _check_lengths(("leaf hash", leaf), ("root", root), *(("proof hash", one) for one in proof))
    _check_valid(subtree)
    if not subtree.start <= index < subtree.end:
        raise VerificationError(f"index {index} is outside of [{subtree.start}, {subtree.end})")
    at, last = index - subtree.start, subtree.end - subtree.start - 1
    computed = leaf
    for sibling in proof:
        if last == 0:
            raise VerificationError("the inclusion proof has too many hashes")
        if at & 1 or at == last:
            computed = node_hash(sibling, computed)
            # At the right edge a node without sibling rises unchanged.
            while not at & 1:
                at, last = at >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise VerificationError("the inclusion proof has too few hashes")
    if computed != root:
        raise VerificationError("the inclusion proof leads to another root: leaf, index, size or proof is wrong")


def verify_subtree_consistency(
    *, subtree: Range, subtree_root: Hash, size: int, root: Hash, proof: Sequence[Hash]
) -> None:
    """Checks that the leaves of the subtree are in the tree of `size` leaves with this root, in place.

    An empty subtree asks only for the empty root and an empty proof. Raises VerificationError.
    """
    _check_lengths(("subtree root", subtree_root), ("root", root), *(("proof hash", one) for one in proof))
    _check_valid(subtree)
    if subtree.end > size:
        raise VerificationError(f"[{subtree.start}, {subtree.end}) reaches beyond a tree of {size} leaves")
    if subtree.start == subtree.end:
        _verify_empty(subtree_root, proof)
        return
    first, last, edge = subtree.start, subtree.end - 1, size - 1
    # Climb to where the subtree's right edge is a node of the tree: the proof begins there.
    while first != last and (last == edge or last & 1):
        first, last, edge = first >> 1, last >> 1, edge >> 1
    hashes = list(proof)
    if first == last:
        seed = subtree_root
    elif hashes:
        seed = hashes.pop(0)
    else:
        raise VerificationError("the consistency proof has too few hashes")
    small = large = seed
    for sibling in hashes:
        if edge == 0:
            raise VerificationError("the consistency proof has too many hashes")
        if last & 1 or last == edge:
            if first < last:
                small = node_hash(sibling, small)
            large = node_hash(sibling, large)
            while not last & 1:
                first, last, edge = first >> 1, last >> 1, edge >> 1
        else:
            large = node_hash(large, sibling)
        first, last, edge = first >> 1, last >> 1, edge >> 1
    if edge:
        raise VerificationError("the consistency proof has too few hashes")
    if small != subtree_root:
        raise VerificationError("the consistency proof leads to another root of the earlier tree")
    if large != root:
        raise VerificationError("the consistency proof leads to another root of the later tree")


def _verify_empty(subtree_root: Hash, proof: Sequence[Hash]) -> None:
    if proof:
        raise VerificationError("the proof of an empty subtree must be empty")
    if subtree_root != EMPTY_ROOT:
        raise VerificationError("the root of an empty subtree must be the hash of nothing")


def _check_valid(subtree: Range) -> None:
    if not subtree.is_subtree():
        raise VerificationError(f"[{subtree.start}, {subtree.end}) is no valid subtree")


def _check_lengths(*hashes: tuple[str, bytes]) -> None:
    for field, one in hashes:
        if len(one) != HASH_SIZE:
            raise VerificationError(f"{field} has {len(one)} bytes; a SHA-256 hash has {HASH_SIZE}")
