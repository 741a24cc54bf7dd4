"""One PostgreSQL database, in which a service sees only its own schema."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import NewType

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

# A connection to read with, each statement by itself.
Reading = NewType("Reading", AsyncConnection)
# A connection for a change that is one statement, and so a transaction by itself. It wakes nobody.
Single = NewType("Single", AsyncConnection)
# A connection inside of a transaction: whoever holds one can add to what will be committed together.
Transaction = NewType("Transaction", Reading)

_DUE, _WAKES, _PID = "oncordia.due", "oncordia.wakes", "oncordia.pid"

# A server that hangs, or a network that swallows everything, must not keep callers waiting for ever.
CONNECT_SECONDS = 10.0
STATEMENT_SECONDS = 30.0


def driver_url(url: str) -> URL:
    """The URL with the asyncpg driver."""
    return make_url(url).set(drivername="postgresql+asyncpg")


class Database:
    """A pool. `url` is postgresql://user:password@host:port/database; the role's search path is its schema."""

    def __init__(self, url: str, pool_size: int = 10, statement_seconds: float | None = STATEMENT_SECONDS) -> None:
        self.url = url
        self.engine = create_async_engine(
            driver_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=False,
            pool_recycle=1800,
            pool_timeout=CONNECT_SECONDS,
            connect_args={"timeout": CONNECT_SECONDS, "command_timeout": statement_seconds},
            # An error names the statement in the log, never the personal data in its parameters.
            hide_parameters=True,
        )
        # The same pool; no BEGIN and no COMMIT.
        self._autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self.wakes = Wakes()
        event.listen(self.engine.sync_engine, "connect", self._connected)
        event.listen(self.engine.sync_engine, "close", self._closed)

    @property
    def address(self) -> str:
        """host:port, for people."""
        url = make_url(self.url)
        return f"{url.host}:{url.port}"

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commits at the end of the block, rolls back if it raises."""
        due: list[Callable[[], None]] = []
        async with self.engine.begin() as connection:
            connection.info[_DUE], connection.info[_WAKES] = due, self.wakes
            yield Transaction(Reading(connection))
        for call in due:
            call()
        if due:
            # Who was woken begins before this caller goes on.
            await asyncio.sleep(0)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reading]:
        """For what one statement reads: three exchanges with the server become one."""
        async with self._autocommit.connect() as connection:
            yield Reading(connection)

    @asynccontextmanager
    async def single(self) -> AsyncIterator[Single]:
        """For a change that is one statement: it is committed when it answers, in one exchange instead of three."""
        async with self._autocommit.connect() as connection:
            yield Single(connection)

    async def connect_alone(self) -> asyncpg.Connection:
        """A connection outside of the pool, for LISTEN, advisory locks and COPY."""
        return await asyncpg.connect(self.url, timeout=CONNECT_SECONDS)

    async def close(self) -> None:
        await self.engine.dispose()

    def _connected(self, connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        record.info[_PID] = connection.driver_connection.get_server_pid()
        self.wakes.own.add(record.info[_PID])

    def _closed(self, _connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        self.wakes.own.discard(record.info.get(_PID, 0))


class Wakes:
    """Who in this process waits for changes, by the channel that tells of them."""

    def __init__(self) -> None:
        self.callbacks: dict[str, list[Callable[[str], None]]] = defaultdict(list)
        self.only_here: set[str] = set()
        """Channels at which no other process waits."""
        self.own: set[int] = set()
        """The server's processes that work for this one: what they tell is known here."""

    def call(self, channel: str, payload: str) -> None:
        """Calls all that wait at the channel."""
        for callback in self.callbacks[channel]:
            callback(payload)


def on_commit(transaction: Transaction, call: Callable[[], None]) -> None:
    """Calls once the transaction is committed; never if it is rolled back, or if the process ends in between."""
    transaction.info[_DUE].append(call)


def wake(transaction: Transaction, channel: str, payload: str) -> bool:
    """Wakes who waits in this process when the transaction commits. Whether others may wait, who are to be told too."""
    wakes: Wakes = transaction.info[_WAKES]
    on_commit(transaction, partial(wakes.call, channel, payload))
    return channel not in wakes.only_here


def is_passing(error: BaseException) -> bool:
    """Whether an error of the database is of the kind that goes away: it is restarting, full or out of reach."""
    if isinstance(error, DBAPIError):
        code = getattr(error.orig, "sqlstate", None) or ""
        return (
            error.connection_invalidated
            or isinstance(error, InterfaceError | OperationalError)
            # 08 connection, 40 serialisation and deadlock, 53 out of resources, 57 operator intervention
            or code[:2] in {"08", "40", "53", "57"}
        )
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "")[:2] in {"08", "40", "53", "57"}
    return isinstance(error, asyncpg.InterfaceError | OSError | TimeoutError | NoConnectionFree)
