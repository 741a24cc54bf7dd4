"""Seals entries into the search index, chunk by chunk, behind those who append them.

A search looks at what is not sealed entry by entry, so that sealing may lag, or be stopped anywhere and done again.
"""

from __future__ import annotations

from dataclasses import dataclass

from audit_log.application.faults import Fault, FaultPoint
from audit_log.application.ports import Leaves, Sealing
from audit_log.domain.entry import EntryIndex


@dataclass(frozen=True, slots=True)
class Seal:
    """`size` is that of the chunks to come, at most MAX_CHUNK; those that are there may have another."""

    leaves: Leaves
    sealing: Sealing
    size: int
    fault: Fault

    async def __call__(self) -> EntryIndex:
        """Seals each chunk that is complete, and returns the index from which on nothing is sealed."""
        end = (await self.leaves.frontier()).size
        first = await self.sealing.sealed()
        while first + self.size <= end:
            columns = await self.sealing.columns(first, self.size)
            self.fault(FaultPoint.CHUNK_READ)
            await self.sealing.seal(first, columns, lambda: self.fault(FaultPoint.CHUNK_INSERTED))
            self.fault(FaultPoint.CHUNK_SEALED)
            first = await self.sealing.sealed()
        return first
