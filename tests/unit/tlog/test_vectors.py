"""The verifiers agree with the test vectors shared by other implementations (transparency-dev/merkle)."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tlog.errors import VerificationError
from tlog.hashing import Hash
from tlog.subtrees import Range
from tlog.verify import (
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)

_REPOSITORY = Path(__file__).parents[3]
_VECTORS = Path(os.environ.get("ONCORDIA_MERKLE_VECTORS") or _REPOSITORY.parent / "shared" / "merkle-vectors")
_WHY_SKIPPED = "merkle vectors are not there: set ONCORDIA_MERKLE_VECTORS to their folder"

# These want acceptance of a root of 12 bytes. A verifier for SHA-256 alone refuses it.
_DEVIATIONS = {
    "consistency/additional/sizes-are-equal-one-and-proof-is-empty.json",
    "subtreeconsistency/additional/sizes-are-equal-one-and-proof-is-empty.json",
    "subtreeconsistency/additional/"
    "subtree-is-empty-sizes-are-equal-one-subtree-root-valid-tree-root-random-proof-is-empty.json",
    "subtreeconsistency/additional/"
    "subtree-is-empty-sizes-are-equal-zero-subtree-root-valid-tree-root-random-proof-is-empty.json",
}

_COUNTS = {
    "inclusion": (6, 92),
    "consistency": (6, 92),
    "subtreeinclusion": (12, 192),
    "subtreeconsistency": (12, 106),
}


class Vector:
    """One JSON file of the vectors."""

    def __init__(self, path: Path) -> None:
        self._fields: dict[str, object] = json.loads(path.read_text())
        self.name = path.relative_to(_VECTORS).as_posix()
        self.wants_error = bool(self._fields["wantErr"])

    def number(self, field: str) -> int:
        value = self._fields[field]
        assert isinstance(value, int)
        return value

    def hash(self, field: str) -> Hash:
        return Hash(base64.b64decode(str(self._fields[field])))

    def proof(self) -> list[Hash]:
        value = self._fields["proof"] or []
        assert isinstance(value, list)
        return [Hash(base64.b64decode(one)) for one in value]


def _inclusion(vector: Vector) -> None:
    verify_inclusion(
        leaf=vector.hash("leafHash"),
        index=vector.number("leafIdx"),
        size=vector.number("treeSize"),
        root=vector.hash("root"),
        proof=vector.proof(),
    )


def _consistency(vector: Vector) -> None:
    verify_consistency(
        old_size=vector.number("size1"),
        old_root=vector.hash("root1"),
        new_size=vector.number("size2"),
        new_root=vector.hash("root2"),
        proof=vector.proof(),
    )


def _subtree_inclusion(vector: Vector) -> None:
    verify_subtree_inclusion(
        leaf=vector.hash("leafHash"),
        index=vector.number("leafIdx"),
        subtree=Range(vector.number("start"), vector.number("end")),
        root=vector.hash("root"),
        proof=vector.proof(),
    )


def _subtree_consistency(vector: Vector) -> None:
    verify_subtree_consistency(
        subtree=Range(vector.number("start"), vector.number("end")),
        subtree_root=vector.hash("root1"),
        size=vector.number("size"),
        root=vector.hash("root2"),
        proof=vector.proof(),
    )


_VERIFIERS: dict[str, Callable[[Vector], None]] = {
    "inclusion": _inclusion,
    "consistency": _consistency,
    "subtreeinclusion": _subtree_inclusion,
    "subtreeconsistency": _subtree_consistency,
}


def _require_vectors() -> None:
    if _VECTORS.is_dir():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(_WHY_SKIPPED)
    pytest.skip(_WHY_SKIPPED)


@pytest.mark.parametrize("family", _VERIFIERS)
def test_every_shared_vector_is_judged_as_others_judge_it(family: str) -> None:
    _require_vectors()
    vectors = [Vector(path) for path in sorted((_VECTORS / family).rglob("*.json"))]
    wrong: list[str] = []
    for vector in vectors:
        try:
            _VERIFIERS[family](vector)
            refused = False
        except VerificationError:
            refused = True
        if refused != (vector.wants_error or vector.name in _DEVIATIONS):
            wrong.append(vector.name)
    assert not wrong
    accepting = sum(not vector.wants_error for vector in vectors)
    assert (accepting, len(vectors) - accepting) == _COUNTS[family]


def test_the_known_deviations_are_still_among_the_vectors() -> None:
    _require_vectors()
    assert {name for name in _DEVIATIONS if (_VECTORS / name).is_file()} == _DEVIATIONS
