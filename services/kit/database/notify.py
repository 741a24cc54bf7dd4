"""LISTEN and NOTIFY: wakes who waits, across replicas. A wake-up may be missed, so waiters also look by themselves.

The server wakes every listener of its database for each notification, and is a detour: who waits in the process that
commits is woken by itself, and the server is not asked where nobody else can be waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import asyncpg
from sqlalchemy import text

from kit.database.engine import Database, Transaction, wake
from kit.telemetry.log import logger

_log = logger(__name__)


async def notify(transaction: Transaction, channel: str, payload: str = "") -> None:
    """Wakes the listeners of the channel when the transaction commits. Payload at most 8,000 bytes."""
    if wake(transaction, channel, payload):
        values = {"channel": channel, "payload": payload}
        await transaction.execute(text("SELECT pg_notify(:channel, :payload)"), values)


class Listener:
    """Calls back on each notification; reconnects by itself then wakes all, as something may have been missed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wakes = database.wakes

    def subscribe(self, channel: str, callback: Callable[[str], None]) -> None:
        """Must be called before `run`. The callback gets the payload; an empty one after a reconnect."""
        self._wakes.callbacks[channel].append(callback)

    async def run(self) -> None:
        """Listens until cancelled."""
        while True:
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                _log.warning("listener lost its connection, reconnecting", error=type(error).__name__)
                await asyncio.sleep(0.5)

    async def _listen(self) -> None:
        connection = await self._database.connect_alone()
        closed = asyncio.Event()
        connection.add_termination_listener(lambda _connection: closed.set())
        try:
            for channel in list(self._wakes.callbacks):
                await connection.add_listener(channel, self._told)
                self._wakes.call(channel, "")
            await closed.wait()
        finally:
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)

    def _told(self, _connection: object, pid: int, channel: str, payload: object) -> None:
        if pid not in self._wakes.own:
            self._wakes.call(channel, str(payload))
