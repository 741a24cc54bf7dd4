"""At start: do the published checkpoint, the tiles and the database tell the same story? If not, refuse to go on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from audit_log.application.ports import Checkpoints, CosignedCheckpoints, Leaves, LogFiles
from audit_log.application.publish import CHUNK
from audit_log.domain.published import CheckpointFile, Published, check_not_rolled_back, check_same_tree
from kit.errors import FailedPrecondition
from tlog.errors import TlogError
from tlog.hashing import leaf_hashes
from tlog.keys import VerifierKey
from tlog.note import Note
from tlog.signing import verify_checkpoint
from tlog.subtrees import read_frontier
from tlog.tree import Frontier


@dataclass(frozen=True, slots=True)
class CheckLog:
    """Raises FailedPrecondition, saying what contradicts what. Reads the right edge of the tree, not all of it.

    May run while another replica publishes: it reads what grows last first.
    """

    key: VerifierKey
    leaves: Leaves
    files: LogFiles
    checkpoints: Checkpoints
    cosigned: CosignedCheckpoints

    async def __call__(self) -> None:
        notes = [await asyncio.to_thread(self.files.read_checkpoint, file) for file in CheckpointFile]
        files = [self._read(note, "the published checkpoint") for note in notes if note is not None]
        cosigned = await self.cosigned.newest()
        stored = await self.checkpoints.newest()
        if stored is not None:
            self._read(stored.note, "the checkpoint in the database")
        tree = await self.leaves.frontier()
        for file in (*files, cosigned):
            check_not_rolled_back(file, stored, tree)
            if file is not None:
                check_same_tree("the tiles", file.size, file.root, (await self._tiles(file.size)).root())
        if stored is None:
            return
        frontier = await self._tiles(stored.size)
        check_same_tree("the tiles", stored.size, stored.root, frontier.root())
        while frontier.size < tree.size:
            leaves = await self.leaves.leaves(frontier.size, min(frontier.size + CHUNK, tree.size))
            frontier = frontier.appended(leaf_hashes(leaves))
        check_same_tree("the signed tree and the entries behind it", tree.size, tree.root(), frontier.root())

    async def _tiles(self, size: int) -> Frontier:
        return await asyncio.to_thread(read_frontier, size, self.files)

    def _read(self, note: bytes, what: str) -> Published:
        try:
            checkpoint = verify_checkpoint(Note.parse(note), self.key).checkpoint
        except TlogError as error:
            raise FailedPrecondition(
                "CHECKPOINT_FOREIGN",
                f"{what} can't be verified with the key log.pub ({error}). Is it the key, and the origin, of this log?",
            ) from None
        return Published(checkpoint.size, checkpoint.root, note)
