"""The marks of nodes' logs in PostgreSQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from federation.domain.node_log import KnownLog, LogId, LogMark, NodeLog
from federation.domain.provider import ProviderId
from kit.database.engine import Reading, Transaction
from tlog.tree import Frontier

_GET = text("SELECT frontier FROM node_logs WHERE provider = :provider AND log = :log")
_ADD = text(
    """INSERT INTO node_logs (provider, log, entries, told, frontier) VALUES (:provider, :log, 0, 0, :frontier)
       ON CONFLICT DO NOTHING"""
)
_LOCK = text("SELECT frontier FROM node_logs WHERE provider = :provider AND log = :log FOR UPDATE")
_PUT = text(
    """UPDATE node_logs SET entries = :entries, told = greatest(told, :entries), frontier = :frontier, take_time = :now
       WHERE provider = :provider AND log = :log"""
)
_TELL = text("UPDATE node_logs SET told = :told WHERE provider = :provider AND log = :log")
_PAGE = text(
    """SELECT provider, log, entries, told, take_time FROM node_logs
       WHERE (provider, log) > (:provider, :log) AND (:only = '' OR provider = :only)
       ORDER BY provider, log LIMIT :size"""
)


class NodeLogTable:
    """The port NodeLogs."""

    async def get(self, reading: Reading, provider: ProviderId, log: LogId) -> NodeLog:
        found = (await reading.execute(_GET, {"provider": provider, "log": log})).scalar_one_or_none()
        return NodeLog(log) if found is None else NodeLog(log, Frontier.from_bytes(found))

    async def lock(self, transaction: Transaction, provider: ProviderId, log: LogId) -> NodeLog:
        key = {"provider": provider, "log": log}
        await transaction.execute(_ADD, {**key, "frontier": Frontier().to_bytes()})
        found = (await transaction.execute(_LOCK, key)).scalar_one()
        return NodeLog(log, Frontier.from_bytes(found))

    async def put(self, transaction: Transaction, provider: ProviderId, log: NodeLog, now: datetime) -> None:
        await transaction.execute(
            _PUT,
            {
                "provider": provider,
                "log": log.id,
                "entries": log.entries,
                "frontier": log.frontier.to_bytes(),
                "now": now,
            },
        )

    async def tell(self, transaction: Transaction, provider: ProviderId, mark: LogMark) -> None:
        await transaction.execute(_TELL, {"provider": provider, "log": mark.id, "told": mark.entries})

    async def page(self, reading: Reading, only: str, after: tuple[str, str], size: int) -> list[KnownLog]:
        provider, log = after
        rows = await reading.execute(_PAGE, {"provider": provider, "log": log, "only": only, "size": size})
        return [
            KnownLog(ProviderId(row.provider), LogId(row.log), row.entries, row.told, row.take_time) for row in rows
        ]
