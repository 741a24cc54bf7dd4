"""Proofs made from tiles, and their verification."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.tlog.support import MemoryTiles, leaves, reference_root, stored
from tlog.errors import FormatError, VerificationError
from tlog.hashing import EMPTY_ROOT, Hash
from tlog.proofs import (
    consistency_proof,
    consistency_tiles,
    inclusion_proof,
    inclusion_tiles,
    subtree_consistency_proof,
    subtree_inclusion_proof,
)
from tlog.reader import TileMap
from tlog.subtrees import Range
from tlog.tiles import Tile
from tlog.verify import (
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)

_LARGEST = 1100
_LEAVES = leaves(_LARGEST)


@cache
def _tiles(size: int) -> MemoryTiles:
    return stored(_LEAVES[:size])


@cache
def _root(start: int, end: int) -> Hash:
    return Hash(reference_root(_LEAVES[start:end]))


@st.composite
def _sizes(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(st.integers(1, _LARGEST))
    return draw(st.integers(1, size)), size


@st.composite
def _subtrees(draw: st.DrawFn) -> tuple[Range, int]:
    size = draw(st.integers(1, _LARGEST))
    height = draw(st.integers(0, 10))
    start = draw(st.integers(0, (size - 1) >> height)) << height
    return Range(start, draw(st.integers(start + 1, min(size, start + (1 << height))))), size


@dataclass(frozen=True)
class _Inclusion:
    leaf: Hash
    index: int
    size: int
    root: Hash
    proof: tuple[Hash, ...]

    def verify(self) -> None:
        verify_inclusion(leaf=self.leaf, index=self.index, size=self.size, root=self.root, proof=self.proof)


@dataclass(frozen=True)
class _Consistency:
    old_size: int
    old_root: Hash
    new_size: int
    new_root: Hash
    proof: tuple[Hash, ...]

    def verify(self) -> None:
        verify_consistency(
            old_size=self.old_size,
            old_root=self.old_root,
            new_size=self.new_size,
            new_root=self.new_root,
            proof=self.proof,
        )


def _inclusion(index: int, size: int) -> _Inclusion:
    proof = inclusion_proof(index, size, _tiles(size))
    return _Inclusion(_LEAVES[index], index, size, _root(0, size), proof)


def _consistency(old: int, new: int) -> _Consistency:
    return _Consistency(old, _root(0, old), new, _root(0, new), consistency_proof(old, new, _tiles(new)))


def _flips(one: Hash) -> list[Hash]:
    """The hash with each single bit flipped in turn."""
    return [Hash((int.from_bytes(one, "big") ^ 1 << bit).to_bytes(32, "big")) for bit in range(256)]


def _spoilt(proof: tuple[Hash, ...], extra: Hash) -> list[tuple[Hash, ...]]:
    """The proof with each single bit flipped, a hash more at either end, or one less."""
    flipped = [(*proof[:at], other, *proof[at + 1 :]) for at, one in enumerate(proof) for other in _flips(one)]
    cut = [proof[:-1], proof[1:]] if proof else []
    return [*flipped, (*proof, extra), (extra, *proof), *cut]


def _assert_refused(case: _Inclusion | _Consistency) -> None:
    with pytest.raises(VerificationError):
        case.verify()


def test_every_inclusion_proof_of_every_small_tree_verifies() -> None:
    for size in range(1, 66):
        for index in range(size):
            _inclusion(index, size).verify()


def test_every_consistency_proof_between_small_trees_verifies() -> None:
    for new in range(1, 66):
        for old in range(1, new + 1):
            _consistency(old, new).verify()


@given(_sizes())
def test_inclusion_proofs_verify_over_several_levels_of_tiles(case: tuple[int, int]) -> None:
    _inclusion(case[0] - 1, case[1]).verify()


@given(_sizes())
def test_consistency_proofs_verify_over_several_levels_of_tiles(case: tuple[int, int]) -> None:
    _consistency(*case).verify()


@given(_subtrees(), st.data())
def test_subtree_proofs_verify(case: tuple[Range, int], data: st.DataObject) -> None:
    subtree, size = case
    index = data.draw(st.integers(subtree.start, subtree.end - 1))
    top = _root(subtree.start, subtree.end)
    verify_subtree_inclusion(
        leaf=_LEAVES[index],
        index=index,
        subtree=subtree,
        root=top,
        proof=subtree_inclusion_proof(index, subtree, size, _tiles(size)),
    )
    verify_subtree_consistency(
        subtree=subtree,
        subtree_root=top,
        size=size,
        root=_root(0, size),
        proof=subtree_consistency_proof(subtree, size, _tiles(size)),
    )


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 2), (4, 7), (6, 7), (8, 9), (300, 700), (699, 700)])
def test_every_flipped_bit_of_an_inclusion_proof_is_refused(index: int, size: int) -> None:
    case = _inclusion(index, size)
    for proof in _spoilt(case.proof, case.leaf):
        _assert_refused(replace(case, proof=proof))
    for wrong in _flips(case.leaf):
        _assert_refused(replace(case, leaf=wrong))
    for wrong in _flips(case.root):
        _assert_refused(replace(case, root=wrong))


@pytest.mark.parametrize(("old", "new"), [(1, 2), (2, 2), (3, 7), (4, 7), (6, 8), (256, 700), (300, 700)])
def test_every_flipped_bit_of_a_consistency_proof_is_refused(old: int, new: int) -> None:
    case = _consistency(old, new)
    for proof in _spoilt(case.proof, case.new_root):
        _assert_refused(replace(case, proof=proof))
    for wrong in _flips(case.old_root):
        _assert_refused(replace(case, old_root=wrong))
    for wrong in _flips(case.new_root):
        _assert_refused(replace(case, new_root=wrong))


@given(_sizes(), st.integers(0, _LARGEST))
def test_a_leaf_proves_no_other_place_than_its_own(case: tuple[int, int], other: int) -> None:
    assume(other != case[0] - 1)
    _assert_refused(replace(_inclusion(case[0] - 1, case[1]), index=other))


def test_a_history_with_one_leaf_replaced_is_not_consistent() -> None:
    forged = [*_LEAVES[:10], _LEAVES[500], *_LEAVES[11:50]]
    proof = consistency_proof(20, 50, stored(forged))
    _assert_refused(_Consistency(20, _root(0, 20), 50, Hash(reference_root(forged)), proof))


@given(_sizes())
def test_the_announced_tiles_are_those_that_a_proof_reads(case: tuple[int, int]) -> None:
    old, new = case
    tiles = _tiles(new)
    tiles.asked.clear()
    inclusion = inclusion_proof(old - 1, new, tiles)
    assert tiles.asked == inclusion_tiles(old - 1, new)
    tiles.asked.clear()
    consistency = consistency_proof(old, new, tiles)
    assert tiles.asked == consistency_tiles(old, new)

    def only(wanted: frozenset[Tile]) -> TileMap:
        return TileMap({tile: data for tile, data in tiles.tiles.items() if tile in wanted})

    assert inclusion_proof(old - 1, new, only(inclusion_tiles(old - 1, new))) == inclusion
    assert consistency_proof(old, new, only(consistency_tiles(old, new))) == consistency


def test_a_proof_for_an_old_checkpoint_can_be_made_from_the_tiles_of_a_larger_log() -> None:
    wide = {(tile.level, tile.index): data for tile, data in sorted(_tiles(_LARGEST).tiles.items())}

    class Wider:
        def read_tile(self, tile: Tile) -> bytes:
            return wide[tile.level, tile.index]

    for size in (1, 255, 256, 300, 700):
        assert inclusion_proof(size - 1, size, Wider()) == inclusion_proof(size - 1, size, _tiles(size))


def test_proofs_are_those_that_other_programs_make() -> None:
    # SHA-256 over the hashes of the proofs, computed with golang.org/x/mod/sumdb/tlog.
    tiles = stored(leaves(70_000))
    inclusion = inclusion_proof(12_345, 70_000, tiles)
    assert len(inclusion) == 17
    assert sha256(b"".join(inclusion)).hexdigest() == "c2c267fa58479cfddaafb588b128dd83de6fe1b84c1979b8e5651fe0318cd8e6"
    consistency = consistency_proof(1000, 70_000, tiles)
    assert len(consistency) == 15
    assert (
        sha256(b"".join(consistency)).hexdigest() == "0950bff0b4c6d244d010f7af0628cbcc94a5c7190f013765024265d151ce6c09"
    )


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (0, -1), (0, 1 << 63)])
def test_a_proof_for_a_leaf_outside_of_the_tree_is_refused(index: int, size: int) -> None:
    with pytest.raises(FormatError, match=r"index|tree size"):
        inclusion_proof(index, size, TileMap({}))


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (-1, 5), (0, 0)])
def test_a_consistency_proof_between_impossible_sizes_is_refused(old: int, new: int) -> None:
    with pytest.raises(FormatError, match="old tree size"):
        consistency_proof(old, new, TileMap({}))


@pytest.mark.parametrize("subtree", [Range(1, 3), Range(2, 6), Range(8, 13), Range(3, 2), Range(-1, 0)])
def test_a_range_that_is_no_subtree_of_the_tree_is_refused(subtree: Range) -> None:
    with pytest.raises(FormatError, match="no valid subtree"):
        subtree_consistency_proof(subtree, 12, TileMap({}))


def test_consistency_with_an_empty_tree_proves_nothing() -> None:
    with pytest.raises(VerificationError, match="old tree is empty"):
        verify_consistency(old_size=0, old_root=EMPTY_ROOT, new_size=1, new_root=_root(0, 1), proof=[])


def test_a_hash_of_another_length_is_refused() -> None:
    with pytest.raises(VerificationError, match="leaf hash has 5 bytes"):
        verify_inclusion(leaf=Hash(b"short"), index=0, size=1, root=Hash(b"short"), proof=[])
    with pytest.raises(VerificationError, match="proof hash has 5 bytes"):
        verify_inclusion(leaf=EMPTY_ROOT, index=0, size=2, root=EMPTY_ROOT, proof=[Hash(b"short")])
