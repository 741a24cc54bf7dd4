"""The state of a witness for one log, and the only way in which it moves (c2sp.org/tlog-witness, "add-checkpoint")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tlog.checkpoint import Checkpoint
from tlog.errors import VerificationError
from tlog.hashing import EMPTY_ROOT, Hash
from tlog.verify import verify_consistency
from witness.domain.refusals import Forked, NotProved, OldBeyondCheckpoint, OtherSize


@dataclass(frozen=True, slots=True)
class Seen:
    """The largest tree that was cosigned, and the time of its newest cosignature in seconds since 1970."""

    size: int
    root: Hash
    time: int


NOTHING: Final = Seen(0, EMPTY_ROOT, 0)
"""The state for a log of which nothing was cosigned."""


def advance(seen: Seen, old: int, proof: Sequence[Hash], checkpoint: Checkpoint, now: int) -> Seen:
    """The state in which the checkpoint may be cosigned, with its time.

    Whoever calls has verified the log's signature. Raises OldBeyondCheckpoint, OtherSize, Forked, NotProved.
    """
    if old > checkpoint.size:
        raise OldBeyondCheckpoint(f"old size {old} is beyond the checkpoint's size {checkpoint.size}")
    if old != seen.size:
        raise OtherSize(seen.size)
    if old == checkpoint.size and checkpoint.root != seen.root:
        raise Forked(seen.size)
    if proof and old in (0, checkpoint.size):
        raise NotProved("the proof must be empty: the old tree is empty or the same")
    if 0 < old < checkpoint.size:
        _check(seen, proof, checkpoint)
    # A cosignature says that at its time no larger tree was seen: a clock that was set back must not unsay it.
    return Seen(checkpoint.size, checkpoint.root, max(now, seen.time))


def _check(seen: Seen, proof: Sequence[Hash], checkpoint: Checkpoint) -> None:
    try:
        verify_consistency(
            old_size=seen.size,
            old_root=seen.root,
            new_size=checkpoint.size,
            new_root=checkpoint.root,
            proof=proof,
        )
    except VerificationError as error:
        raise NotProved(str(error)) from None
