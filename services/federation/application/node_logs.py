"""What the hub knows of nodes' own logs."""

from __future__ import annotations

from dataclasses import dataclass

from federation.application.ports import NodeLogs
from federation.domain.node_log import KnownLog
from federation.domain.provider import provider_id
from kit.database.engine import Database


@dataclass(frozen=True, slots=True)
class ListNodeLogs:
    database: Database
    logs: NodeLogs

    async def __call__(self, parent: str, after: tuple[str, str], size: int) -> list[KnownLog]:
        """Logs of the provider (`providers/{id}`, or of all if empty) behind a position. Raises InvalidInput."""
        only = provider_id(parent, "parent") if parent else ""
        async with self.database.reading() as reading:
            return await self.logs.page(reading, only, after, size)
