"""What a service needs around it, all real: topics, keys, an issuer of tokens, and the service as a process.

async def test_something(hub_kafka, postgres, issuer, tmp_path):
    with ServiceProcess("query_broker", tmp_path, hub_kafka, postgres("query_broker"), issuer) as broker:
        async with broker.channel() as channel: ...
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
import uvicorn
from grpc_health.v1 import health_pb2, health_pb2_grpc
from starlette.applications import Starlette

from issuer.app import make_app
from issuer.client_secrets import ClientSecrets
from issuer.signing import Tokens, load_signing_key
from issuer.users import load_users
from kit.clock import SystemClock
from kit.events.kafka import apply_topics
from kit.events.topics import ALL
from kit.identity.deployment_keys import init_keys
from kit.rpc.client import bearer
from kit.settings import KafkaSettings
from stack.ports import Ports

Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class LocalIssuer:
    """The issuer of the embedded stack, served from a thread."""

    url: str
    tokens: Tokens

    def token(self, user: str) -> str:
        found = load_users().find(user)
        assert found is not None
        return self.tokens.sign(found, datetime.now(UTC))

    def metadata(self, user: str) -> Metadata:
        """The metadata of a call by that user."""
        return bearer(self.token(user))


@dataclass
class ServiceProcess:
    """One service of the hub: its directory, its database, and at most one process. A context manager."""

    name: str
    home: Path
    kafka: str
    database_url: str
    issuer: LocalIssuer
    settings: dict[str, str] = field(default_factory=dict)
    launcher: tuple[str, ...] = ()
    """A module that starts the service's, with what it needs for that."""
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.address = Ports().address(self.name)
        init_keys(self.keys, datetime.now(UTC).year)

    @property
    def keys(self) -> Path:
        """The directory of its keys: its own, unless the settings name another."""
        return Path(self.settings.get("ONCORDIA_KEYS_DIR", self.home / "keys"))

    def __enter__(self) -> ServiceProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, *, wait: bool = True) -> None:
        """Starts the process, and waits until it serves."""
        data = self.home / "data"
        data.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            "ONCORDIA_LISTEN": self.address,
            "ONCORDIA_DATABASE_URL": self.database_url,
            "ONCORDIA_KAFKA_BOOTSTRAP": self.kafka,
            "ONCORDIA_KEYS_DIR": str(self.keys),
            "ONCORDIA_DATA_DIR": str(data),
            "ONCORDIA_OIDC_ISSUER": self.issuer.url,
            "ONCORDIA_MIGRATE_ON_START": "true",
            "ONCORDIA_DRAIN_SECONDS": "1",
            **self.settings,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.launcher, self.name], env=environment, stderr=log
            )
        if wait:
            self.wait_serving()

    def wait_serving(self) -> None:
        """Waits until the process says that it serves."""
        wait_until(self._serves, 240)

    @property
    def log(self) -> Path:
        return self.home / f"{self.name}.log"

    def words(self) -> str:
        """What the processes have logged."""
        return self.log.read_text()

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def ended(self) -> int:
        """Waits for the process to end by itself; returns the exit code."""
        assert self.process is not None
        return self.process.wait(300)

    @contextlib.asynccontextmanager
    async def channel(self) -> AsyncIterator[grpc.aio.Channel]:
        async with grpc.aio.insecure_channel(self.address) as channel:
            yield channel

    def _serves(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.words()[-2000:]
        with grpc.insecure_channel(self.address) as channel, contextlib.suppress(grpc.RpcError):
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Waits for a condition, with a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Waits for a condition that has to be awaited, with a deadline."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - what changes it is another process
            await asyncio.sleep(0.02)


@pytest_asyncio.fixture(scope="session")
async def hub_kafka(kafka: str) -> str:
    """The bootstrap address of the session's broker, with all topics made."""
    await apply_topics(KafkaSettings(bootstrap=kafka), ALL)
    return kafka


@contextlib.contextmanager
def serving(app: Starlette, address: str) -> Iterator[None]:
    """Serves an application over HTTP from a thread while the block runs."""
    host, _, port = address.rpartition(":")
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=int(port), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield
    finally:
        server.should_exit = True
        thread.join()


@contextlib.contextmanager
def issuing(directory: Path) -> Iterator[LocalIssuer]:
    """Serves the local issuer from a thread while the block runs."""
    address = Ports().address("issuer")
    users = load_users()
    tokens = Tokens(load_signing_key(directory), f"http://{address}", "oncordia", timedelta(hours=1))
    app = make_app(users, ClientSecrets(directory / "secrets", users), tokens, SystemClock())
    with serving(app, address):
        yield LocalIssuer(f"http://{address}", tokens)


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    """Gives tokens for the invented users of the local issuer."""
    with issuing(tmp_path_factory.mktemp("issuer")) as running:
        yield running
