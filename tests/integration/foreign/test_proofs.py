"""The proofs that gRPC gives are taken by a library of others, tlog-scales, and no others than these."""

import random
from collections.abc import Sequence

import pytest
from tlog_scales.tlog import ConsistencyProof, ConsistencyProofInvalid, InclusionProof, InclusionProofInvalid

from tests.integration.foreign.standing_log import StandingLog
from tlog.hashing import leaf_hash

_PROOFS = 20


def test_inclusion_proofs_hold_until_they_are_changed(standing: StandingLog) -> None:
    chance = random.Random(5)
    for index in (0, standing.size - 1, *chance.sample(range(standing.size), _PROOFS)):
        leaf, hashes = leaf_hash(standing.leaves[index]), standing.inclusion(index)
        InclusionProof(index, standing.size, list(hashes)).check(leaf, standing.published.root)
        for wrong in flipped(hashes, chance), hashes[1:], [*hashes, hashes[0]]:
            with pytest.raises(InclusionProofInvalid):
                InclusionProof(index, standing.size, list(wrong)).check(leaf, standing.published.root)


def test_consistency_proofs_hold_until_they_are_changed(standing: StandingLog) -> None:
    chance = random.Random(6)
    for older in standing.earlier:
        hashes = standing.consistency(older.size)
        ConsistencyProof(older.size, standing.size, list(hashes)).check(older.root, standing.published.root)
        for wrong in flipped(hashes, chance), hashes[:-1], [*hashes, hashes[0]]:
            with pytest.raises(ConsistencyProofInvalid):
                ConsistencyProof(older.size, standing.size, list(wrong)).check(older.root, standing.published.root)


def flipped(hashes: Sequence[bytes], chance: random.Random) -> list[bytes]:
    """The same with one bit changed."""
    at = chance.randrange(len(hashes))
    changed = bytearray(hashes[at])
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return [*hashes[:at], bytes(changed), *hashes[at + 1 :]]
