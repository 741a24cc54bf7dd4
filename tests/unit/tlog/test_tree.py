"""The frontier of a Merkle tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tlog.support import leaves, reference_root, stored
from tlog.errors import FormatError
from tlog.hashing import EMPTY_ROOT, Hash, as_hash, leaf_hash, node_hash
from tlog.subtrees import frontier_tiles, read_frontier
from tlog.tree import Frontier

# Roots over the leaves `entry 0`, `entry 1`, ..., computed with golang.org/x/mod/sumdb/tlog.
_GO_ROOTS = {
    1: "773885a613489e24ce2cf76199d6a423f042e4bbf12d7eecee912ef276c65701",
    2: "5a47662fd8a317d96049a3f9f47c55dc67ca66051baa3683dbb19b2fe09a07b0",
    3: "94fbd0dd836f50301692e6d0eade728ee19ec52bfff1606ed807c8575d5aaa19",
    255: "cf66793e6329dff242eb3cee0a6f36ad3e3a196dcc573a1ec775e102be863f1c",
    256: "da6596d95369f5fef322ab8e4e0da3b0b50236aa9c8a3b1d246f7411c9e2e32e",
    257: "5c1fdfe835358022f2392de478dbe053fc130cfe1d3a082879a90cf6bf14bf7e",
    1000: "346c6b9cb89c4b76fac9dcb20cda86e3a01c0a57417c139028eacd4538fde95b",
    70000: "a3920fba7f239a071a9bd10721f1341addefbaededb41c7e24437a9d16bdf00a",
}


def test_hashes_are_those_of_sha256sum() -> None:
    # printf '' | sha256sum; printf '\0' | sha256sum; printf '\0L123456' | sha256sum; printf '\1N123N456' | sha256sum
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert (
        node_hash(Hash(b"N123"), Hash(b"N456")).hex()
        == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    )


@pytest.mark.parametrize(("size", "root"), _GO_ROOTS.items())
def test_the_root_is_the_one_that_other_programs_compute(size: int, root: str) -> None:
    assert Frontier().appended(leaves(size)).root().hex() == root


def test_an_empty_tree_has_the_hash_of_nothing_as_its_root() -> None:
    assert Frontier().root() == EMPTY_ROOT


@given(st.lists(st.integers(0, 300), max_size=6))
def test_the_root_follows_the_definition_however_the_leaves_were_batched(batches: list[int]) -> None:
    total = leaves(sum(batches))
    frontier = Frontier()
    for batch in batches:
        frontier = frontier.appended(total[frontier.size : frontier.size + batch])
    assert frontier.size == len(total)
    assert frontier.root() == reference_root(total)
    assert frontier == Frontier().appended(total)


@given(st.integers(0, 2000))
def test_a_stored_frontier_is_read_back_as_it_was(size: int) -> None:
    frontier = Frontier().appended(leaves(size))
    assert Frontier.from_bytes(frontier.to_bytes()) == frontier


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 1000, 66000])
def test_a_frontier_can_be_rebuilt_from_the_tiles(size: int) -> None:
    tiles = stored(leaves(size))
    assert read_frontier(size, tiles) == Frontier().appended(leaves(size))
    assert tiles.asked >= frontier_tiles(size)


@pytest.mark.parametrize("cut", [1, 8, 32, -1])
def test_a_frontier_of_the_wrong_length_is_refused(cut: int) -> None:
    data = Frontier().appended(leaves(5)).to_bytes()
    with pytest.raises(FormatError, match="frontier"):
        Frontier.from_bytes(data + b"\0" if cut < 0 else data[:-cut])


def test_a_frontier_with_hashes_that_do_not_fit_its_size_is_refused() -> None:
    with pytest.raises(FormatError, match="needs 2 hashes"):
        Frontier(3, (leaf_hash(b""),))
    with pytest.raises(FormatError, match="32 bytes"):
        Frontier(1, (Hash(b"short"),))
    with pytest.raises(FormatError, match="tree size"):
        Frontier(-1, ())


def test_a_hash_of_another_length_is_refused_by_its_field() -> None:
    with pytest.raises(FormatError, match="root has 3 bytes"):
        as_hash(b"abc", "root")
