"""Proofs against the newest checkpoint, each checked before it is given."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from audit_log.application.newest_cosigned import NewestCosigned
from audit_log.application.ports import Checkpoints, LogFiles
from audit_log.domain.published import Published
from kit.errors import FailedPrecondition, InvalidInput, Unavailable
from tlog.bundles import decode_bundle
from tlog.errors import VerificationError
from tlog.hashing import Hash, leaf_hash
from tlog.proofs import consistency_proof, inclusion_proof
from tlog.subtrees import read_frontier
from tlog.tiles import TILE_WIDTH, bundle_at
from tlog.verify import verify_consistency, verify_inclusion


@dataclass(frozen=True, slots=True)
class Prove:
    """Raises InvalidInput naming the field, and FailedPrecondition if a stored tile is damaged."""

    files: LogFiles
    checkpoints: Checkpoints
    cosigned: NewestCosigned

    async def newest(self, *, cosigned: bool = False) -> Published:
        """The newest checkpoint, or the newest that meets the witness policy. Raises Unavailable before the first."""
        published = await (self.cosigned.newest() if cosigned else self.checkpoints.newest())
        if published is None:
            done = "published its first cosigned" if cosigned else "signed its first"
            raise Unavailable("NO_CHECKPOINT", f"the log has not {done} checkpoint yet; try again")
        return published

    async def inclusion(self, index: int, size: int, *, cosigned: bool) -> tuple[int, tuple[Hash, ...], bytes]:
        """Tree size, proof, and the note of that size if it is the newest. `size` 0: of the newest checkpoint.

        `cosigned`: the newest is the newest that meets the witness policy.
        """
        newest = await self.newest(cosigned=cosigned)
        size = _size("tree_size", size, newest)
        if not 0 <= index < size:
            raise InvalidInput.of("index", f"must lie between 0 and {size - 1}, the last of {size} entries")
        proof = await asyncio.to_thread(self._inclusion, index, size, newest)
        return size, proof, newest.note if size == newest.size else b""

    async def consistency(self, old: int, new: int) -> tuple[int, tuple[Hash, ...]]:
        """New size and proof. `new` 0: of the newest checkpoint."""
        newest = await self.newest()
        new = _size("new_size", new, newest)
        if not 1 <= old <= new:
            raise InvalidInput.of("old_size", f"must lie between 1 and the new size, {new}")
        return new, await asyncio.to_thread(self._consistency, old, new, newest)

    def _inclusion(self, index: int, size: int, newest: Published) -> tuple[Hash, ...]:
        proof = inclusion_proof(index, size, self.files)
        bundle = decode_bundle(self.files.read_bundle(bundle_at(index // TILE_WIDTH, size)))
        leaf = leaf_hash(bundle[index % TILE_WIDTH])
        with _damaged():
            verify_inclusion(leaf=leaf, index=index, size=size, root=self._root(size, newest), proof=proof)
        return proof

    def _consistency(self, old: int, new: int, newest: Published) -> tuple[Hash, ...]:
        proof = consistency_proof(old, new, self.files)
        with _damaged():
            verify_consistency(
                old_size=old,
                old_root=self._root(old, newest),
                new_size=new,
                new_root=self._root(new, newest),
                proof=proof,
            )
        return proof

    def _root(self, size: int, newest: Published) -> Hash:
        return newest.root if size == newest.size else read_frontier(size, self.files).root()


@contextmanager
def _damaged() -> Iterator[None]:
    try:
        yield
    except VerificationError:
        raise FailedPrecondition(
            "LOG_DAMAGED", "a stored tile does not fit the signed checkpoint; tell the log's operator to restore it"
        ) from None


def _size(field: str, asked: int, newest: Published) -> int:
    if not 0 <= asked <= newest.size:
        raise InvalidInput.of(field, f"must lie between 1 and {newest.size}, the newest checkpoint's, or be 0 for it")
    return asked or newest.size
