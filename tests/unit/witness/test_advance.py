"""A witness vouches for what continues what it has seen, and for nothing else."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.unit.tlog.support import leaves
from tests.unit.witness.support import Story
from tlog.checkpoint import Checkpoint
from tlog.hashing import EMPTY_ROOT, Hash, leaf_hashes
from tlog.tree import Frontier
from witness.domain.advance import NOTHING, Seen, advance
from witness.domain.refusals import Forked, NotProved, OldBeyondCheckpoint, OtherSize, Refused

MOST = 600
TREE = leaves(MOST)
FORK = leaf_hashes([b"another story", *(f"entry {n}".encode() for n in range(1, MOST))])
STORIES = {"tree": Story(TREE), "fork": Story(FORK)}
SIZES = st.integers(0, MOST)


def root(size: int, story: str = "tree") -> Hash:
    return STORIES[story].root(size)


def checkpoint(size: int, story: str = "tree") -> Checkpoint:
    return Checkpoint("log.example", size, root(size, story))


def proof(old: int, new: int, story: str = "tree") -> Sequence[Hash]:
    return STORIES[story].proof(old, new)


def seen(size: int, time: int = 1000) -> Seen:
    return Seen(size, root(size), time)


@given(SIZES, SIZES)
def test_every_continuation_is_vouched_for(one: int, other: int) -> None:
    old, new = sorted((one, other))
    assert advance(seen(old), old, proof(old, new), checkpoint(new), 2000) == seen(new, 2000)


@given(SIZES, SIZES, SIZES)
def test_a_proof_from_another_size_is_answered_with_the_right_one(have: int, old: int, new: int) -> None:
    if old in (have, *range(new + 1, MOST + 1)):
        return
    with pytest.raises(OtherSize) as refused:
        advance(seen(have), old, proof(old, new), checkpoint(new), 2000)
    assert refused.value.size == have


@given(SIZES, SIZES)
def test_a_tree_does_not_shrink(one: int, other: int) -> None:
    new, old = sorted((one, other))
    if old > new:
        with pytest.raises(OldBeyondCheckpoint):
            advance(seen(old), old, (), checkpoint(new), 2000)


@given(st.integers(1, MOST), SIZES)
def test_a_fork_is_never_vouched_for(old: int, more: int) -> None:
    new = min(old + more, MOST)
    with pytest.raises(Forked if new == old else NotProved):
        advance(seen(old), old, () if new == old else proof(old, new, "fork"), checkpoint(new, "fork"), 2000)


@given(st.integers(1, MOST), st.integers(1, MOST), st.data())
def test_a_proof_with_a_wrong_missing_or_further_hash_is_refused(one: int, other: int, data: st.DataObject) -> None:
    old, new = sorted((one, other))
    right = list(proof(old, new))
    spoilt = data.draw(st.sampled_from(["wrong", "missing", "further"] if right else ["further"]))
    at = data.draw(st.integers(0, max(len(right) - 1, 0)))
    if spoilt == "further":
        right.insert(at, EMPTY_ROOT)
    elif spoilt == "missing":
        del right[at]
    else:
        right[at] = Hash(bytes([right[at][0] ^ 1]) + right[at][1:])
    with pytest.raises(NotProved):
        advance(seen(old), old, right, checkpoint(new), 2000)


def test_a_log_that_was_never_seen_begins_anywhere_and_without_a_proof() -> None:
    assert advance(NOTHING, 0, (), checkpoint(300), 5) == seen(300, 5)
    with pytest.raises(NotProved):
        advance(NOTHING, 0, (EMPTY_ROOT,), checkpoint(300), 5)


def test_an_empty_tree_has_one_root_alone() -> None:
    assert advance(NOTHING, 0, (), Checkpoint("log.example", 0, EMPTY_ROOT), 5) == Seen(0, EMPTY_ROOT, 5)
    with pytest.raises(Forked):
        advance(NOTHING, 0, (), Checkpoint("log.example", 0, root(1)), 5)


def test_a_clock_that_was_set_back_does_not_unsay_a_cosignature() -> None:
    assert advance(seen(3, time=1000), 3, proof(3, 7), checkpoint(7), 10).time == 1000


class Asked(RuleBasedStateMachine):
    """Whatever is asked in whatever order, all that was vouched for is of one tree that grew."""

    @initialize(size=SIZES)
    def begin(self, size: int) -> None:
        self.state = advance(NOTHING, 0, (), checkpoint(size), 1)
        self.vouched = [self.state]

    @rule(old=SIZES, new=SIZES, now=st.integers(0, 100), story=st.sampled_from(["tree", "fork"]), knows=st.booleans())
    def ask(self, old: int, new: int, now: int, story: str, knows: bool) -> None:
        old = self.state.size if knows else old
        try:
            self.state = advance(self.state, old, proof(old, new, story), checkpoint(new, story), now)
        except Refused:
            return
        self.vouched.append(self.state)

    @invariant()
    def all_of_one_tree(self) -> None:
        vouched = getattr(self, "vouched", [])
        # A log that began empty may have become either.
        story = next((s for s in ("tree", "fork") if all(v.root == root(v.size, s) for v in vouched)), None)
        assert story is not None
        assert [v.size for v in vouched] == sorted(v.size for v in vouched)
        assert [v.time for v in vouched] == sorted(v.time for v in vouched)


TestAsked = Asked.TestCase


def test_the_trees_of_these_tests_differ() -> None:
    assert root(1) == Frontier().appended(TREE[:1]).root() != root(1, "fork")
