"""The real Kafka and the real PostgreSQL for tests. Named in `tests/conftest.py`, so that every test has them.

    async def test_something(kafka: str, postgres: FreshDatabase) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=kafka)      # one broker a session; name your topics anew
        url = postgres("catalogue")                               # postgresql://catalogue:...@127.0.0.1:.../fresh_1

`kafka` is `host:port`; it makes no topics by itself, so create yours (`new_topic(kafka)` does, with a name of its own).
`postgres(role)` makes a new database at each call, with one schema named like the role and owned by it, and gives
the URL; the role can be any name of letters and underscores. `postgres(role, database=URL)` adds one more role and
schema to a database had before, so that a test can have two services on one.

Tests that take a server away have `own_kafka` and `own_postgres`: a server for that one test, with `pause`, `resume`
and `kill`. They cost seconds; use the shared ones where you can.
"""

import itertools
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from stack.background import Background
from stack.cache import cache_directory
from stack.jars import KAFKA_LOCK, fetch
from stack.kafka import KAFKA, Kafka
from stack.ports import Ports
from stack.postgres import POSTGRES, Postgres, database_url, programs, roles_sql
from stack.process import ProcessName


class FreshDatabase(Protocol):
    """Makes a database with a role and its schema, and gives the URL."""

    def __call__(self, role: str = "oncordia_test", database: str | None = None) -> str: ...


@dataclass(frozen=True)
class OwnServer:
    """A server for one test, which may take it away."""

    name: ProcessName
    background: Background

    def pause(self) -> None:
        """End it, and leave it down until `resume`."""
        self.background.pause(self.name)

    def resume(self) -> None:
        """Start it; returns when it is ready."""
        self.background.resume(self.name)

    def kill(self) -> None:
        """SIGKILL it; returns when it is up again."""
        self.background.kill(self.name)


@dataclass(frozen=True)
class OwnKafka(OwnServer):
    bootstrap: str


@dataclass(frozen=True)
class OwnPostgres(OwnServer):
    fresh: FreshDatabase


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The bootstrap address of the session's broker."""
    with running_kafka() as own:
        yield own.bootstrap


@pytest.fixture(scope="session")
def postgres() -> Iterator[FreshDatabase]:
    """Makes databases in the session's PostgreSQL."""
    with running_postgres() as own:
        yield own.fresh


@pytest.fixture
def own_kafka() -> Iterator[OwnKafka]:
    """A broker for this test alone."""
    with running_kafka() as own:
        yield own


@pytest.fixture
def own_postgres() -> Iterator[OwnPostgres]:
    """A PostgreSQL for this test alone."""
    with running_postgres() as own:
        yield own


async def new_topic(bootstrap: str, *, partitions: int = 1, config: dict[str, str] | None = None) -> str:
    """Make a topic with a name that no other test has."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=config or {})])
    finally:
        await admin.close()
    return name


@contextmanager
def running_kafka() -> Iterator[OwnKafka]:
    with tempfile.TemporaryDirectory(prefix="oncordia-kafka-", ignore_cleanup_errors=True) as name:
        ports = Ports()
        jars = fetch(KAFKA_LOCK, cache_directory())
        broker = Kafka(Path(name) / "kafka", ports.address("kafka"), ports.address("controller"), jars)
        with Background([broker.spec()], Path(name) / "logs") as background:
            yield OwnKafka(KAFKA, background, broker.bootstrap)


@contextmanager
def running_postgres() -> Iterator[OwnPostgres]:
    with tempfile.TemporaryDirectory(prefix="oncordia-postgres-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        server = Postgres(home / "postgres", Ports().port("postgres"), home / "passwords.json", roles=())
        with Background([server.spec()], home / "logs") as background:
            yield OwnPostgres(POSTGRES, background, _Databases(server))


class _Databases:
    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._numbers = itertools.count(1)

    def __call__(self, role: str = "oncordia_test", database: str | None = None) -> str:
        if database is None:
            name = f"fresh_{next(self._numbers)}"
            self._run(f"CREATE DATABASE {name};", "postgres")
        else:
            name = urlsplit(database).path.removeprefix("/")
        self._run(roles_sql({role: _PASSWORD}, name), name)
        return database_url(role, _PASSWORD, self._server.port, name)

    def _run(self, sql: str, database: str) -> None:
        # psql, because a test may call from inside a running event loop.
        subprocess.run(
            [programs() / "psql", "-q", "-v", "ON_ERROR_STOP=1", self._server.admin_url(database)],
            input=sql.encode(),
            capture_output=True,
            check=True,
        )


# Roles are shared by all databases of a session, so their password must not change from call to call.
_PASSWORD = uuid.uuid4().hex
