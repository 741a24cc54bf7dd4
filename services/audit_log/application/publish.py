"""Publishes what is committed: tiles and bundles first, then the signed checkpoint that vouches for them.

Every step can be done again: the bytes of a tile follow from committed entries, and a checkpoint replaces only the
one that it grew from.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from audit_log.application.faults import Fault, FaultPoint
from audit_log.application.ports import Checkpoints, Leaves, LogFiles
from audit_log.domain.published import CheckpointFile, Published, check_same_tree
from tlog.checkpoint import Checkpoint
from tlog.growth import grown_files
from tlog.hashing import leaf_hashes
from tlog.keys import SignerKey
from tlog.signing import sign
from tlog.subtrees import read_frontier
from tlog.tiles import TILE_WIDTH, Bundle, Tile
from tlog.tree import Frontier

# Entries whose tiles are made at a time; bounds memory when there is much to catch up with.
CHUNK = 64 * TILE_WIDTH


class Fenced(Exception):
    """Somebody else has published meanwhile; what was about to be published here is theirs to do."""


@dataclass(slots=True)
class Publish:
    """Keeps the frontier of what is published between calls; make a new one after Fenced or any other error.

    `file` is where the signed checkpoint goes; with a witness policy it is not the one that the world reads.
    """

    key: SignerKey
    leaves: Leaves
    files: LogFiles
    checkpoints: Checkpoints
    file: CheckpointFile
    fault: Fault
    _newest: Published | None = None
    _frontier: Frontier | None = None

    async def __call__(self) -> int:
        """Publishes all that is committed. Returns how many entries the checkpoint grew by.

        Raises Fenced, FilesUnwritable, and FailedPrecondition if the tiles and the database contradict each other.
        """
        frontier = await self._begin()
        target = await self.leaves.frontier()
        if self._newest is not None and self._newest.size == target.size:
            return 0
        self.fault(FaultPoint.BATCH_COMMITTED)
        start = frontier.size
        full: list[Tile | Bundle] = []
        while frontier.size < target.size:
            frontier = await self._write_chunk(frontier, min(frontier.size + CHUNK, target.size), full)
        self.fault(FaultPoint.TILES_WRITTEN)
        check_same_tree("the entries", target.size, target.root(), frontier.root())
        await self._publish(frontier)
        self._frontier = frontier
        await asyncio.to_thread(self.files.drop_partials, full)
        return target.size - start

    @property
    def size(self) -> int | None:
        """Of the checkpoint that was published last, if any."""
        return self._newest.size if self._newest is not None else None

    async def _begin(self) -> Frontier:
        """The frontier of what is published, at first rebuilt from its tiles."""
        if self._frontier is None:
            self._newest = await self.checkpoints.newest()
            size = self._newest.size if self._newest is not None else 0
            frontier = await asyncio.to_thread(read_frontier, size, self.files)
            if self._newest is not None:
                await asyncio.to_thread(self._show, self._newest.note)
            self._frontier = frontier
        return self._frontier

    def _show(self, note: bytes) -> None:
        """Writes the checkpoint that was committed, should a crash or a full disk have kept it from its file."""
        if self.files.read_checkpoint(self.file) != note:
            self.files.write_checkpoint(self.file, note)

    async def _write_chunk(self, frontier: Frontier, end: int, full: list[Tile | Bundle]) -> Frontier:
        leaves = await self.leaves.leaves(frontier.size, end)
        return await asyncio.to_thread(self._write, frontier, leaves, full)

    def _write(self, frontier: Frontier, leaves: list[bytes], full: list[Tile | Bundle]) -> Frontier:
        size = frontier.size
        hashes = leaf_hashes(leaves)
        files = grown_files(size, leaves, hashes, self.files)
        self.files.write(files)
        full.extend(place for place in files if place.width == TILE_WIDTH)
        return frontier.appended(hashes)

    async def _publish(self, frontier: Frontier) -> None:
        root = frontier.root()
        note = sign(Checkpoint(self.key.name, frontier.size, root).text, self.key).encode()
        published = Published(frontier.size, root, note)
        self.fault(FaultPoint.CHECKPOINT_SIGNED)
        if not await self.checkpoints.replace(self._newest, published):
            raise Fenced
        self.fault(FaultPoint.CHECKPOINT_COMMITTED)
        self._newest = published
        await asyncio.to_thread(self.files.write_checkpoint, self.file, note)
        self.fault(FaultPoint.CHECKPOINT_WRITTEN)
