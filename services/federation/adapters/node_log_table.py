"""The marks of nodes' logs in PostgreSQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from federation.domain.node_log import LogId, NodeLog
from federation.domain.provider import ProviderId
from kit.database.engine import Reading, Transaction
from tlog.tree import Frontier

_GET = text("SELECT frontier FROM node_logs WHERE provider = :provider AND log = :log")
_ADD = text(
    """INSERT INTO node_logs (provider, log, entries, frontier) VALUES (:provider, :log, 0, :frontier)
       ON CONFLICT DO NOTHING"""
)
_LOCK = text("SELECT frontier FROM node_logs WHERE provider = :provider AND log = :log FOR UPDATE")
_PUT = text(
    """UPDATE node_logs SET entries = :entries, frontier = :frontier, take_time = :now
       WHERE provider = :provider AND log = :log"""
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
