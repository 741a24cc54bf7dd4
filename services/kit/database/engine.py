"""One PostgreSQL database, in which a service sees only its own schema."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NewType

import asyncpg
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

# A connection to read with, each statement by itself.
Reading = NewType("Reading", AsyncConnection)
# A connection inside of a transaction: whoever holds one can add to what will be committed together.
Transaction = NewType("Transaction", Reading)

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

    @property
    def address(self) -> str:
        """host:port, for people."""
        url = make_url(self.url)
        return f"{url.host}:{url.port}"

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commits at the end of the block, rolls back if it raises."""
        async with self.engine.begin() as connection:
            yield Transaction(Reading(connection))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reading]:
        """For what one statement reads: three exchanges with the server become one."""
        async with self._autocommit.connect() as connection:
            yield Reading(connection)

    async def connect_alone(self) -> asyncpg.Connection:
        """A connection outside of the pool, for LISTEN, advisory locks and COPY."""
        return await asyncpg.connect(self.url, timeout=CONNECT_SECONDS)

    async def close(self) -> None:
        await self.engine.dispose()


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
