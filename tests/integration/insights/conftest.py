"""insights as it runs: the service and its Faust worker as processes, on the real servers."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from kit.database.engine import Database
from kit.identity.deployment_keys import init_keys
from kit.identity.handles import Handles
from kit.rpc.client import channel
from kit.settings import KafkaSettings
from oncordia.insights.v1.insights_service_pb2_grpc import InsightsServiceStub
from stack.background import Background
from stack.ports import Ports
from stack.process import ProcessName, ProcessSpec
from stack.ready import GrpcHealth, HttpOk
from tests.integration.insights.publisher import Publisher
from tests.real import FreshDatabase
from tests.world import LocalIssuer, Metadata

if TYPE_CHECKING:
    from oncordia.insights.v1.insights_service_pb2_grpc import InsightsServiceAsyncStub

WORKER = ProcessName("insights-worker")


@dataclass(frozen=True)
class Insights:
    """Where the running parts are, and how to be somebody to them."""

    address: str
    otlp: str
    issuer: LocalIssuer
    home: Path
    background: Background
    environment: dict[str, str]

    def stub(self) -> InsightsServiceAsyncStub:
        return InsightsServiceStub(channel(self.address))

    def metadata(self, user: str) -> Metadata:
        return self.issuer.metadata(user)

    def actor(self, user: str) -> str:
        handles = Handles(self.home / "keys")
        return handles.actor(handles.subject(self.issuer.url, user), datetime.now(UTC))

    def kill_worker(self) -> None:
        """SIGKILL; returns when another one is up."""
        self.background.kill(WORKER)

    def end_worker(self) -> None:
        self.background.pause(WORKER)

    def start_worker(self) -> None:
        self.background.resume(WORKER)


@pytest.fixture(scope="session")
def kafka_settings(hub_kafka: str) -> KafkaSettings:
    return KafkaSettings(bootstrap=hub_kafka)


@pytest.fixture(scope="session")
def insights(
    kafka_settings: KafkaSettings,
    postgres: FreshDatabase,
    issuer: LocalIssuer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Insights]:
    home = tmp_path_factory.mktemp("insights")
    # Last year's as well: a trace may be of December.
    for year in (datetime.now(UTC).year - 1, datetime.now(UTC).year):
        init_keys(home / "keys", year)
    ports = Ports()
    environment = {
        "ONCORDIA_LISTEN": ports.address("insights"),
        "ONCORDIA_OTLP_LISTEN": ports.address("otlp"),
        # It exports to itself, as in production.
        "ONCORDIA_OTLP_ENDPOINT": ports.address("otlp"),
        "ONCORDIA_DATABASE_URL": postgres("insights"),
        "ONCORDIA_KEYS_DIR": str(home / "keys"),
        "ONCORDIA_DATA_DIR": str(home / "data"),
        "ONCORDIA_COUNTRY": "BE",
        "ONCORDIA_MIGRATE_ON_START": "true",
        "ONCORDIA_KAFKA_BOOTSTRAP": kafka_settings.bootstrap,
        "ONCORDIA_OIDC_ISSUER": issuer.url,
    }
    specs = [
        ProcessSpec(
            ProcessName("insights"),
            (sys.executable, "-m", "insights"),
            GrpcHealth(environment["ONCORDIA_LISTEN"]),
            env=environment,
        ),
        ProcessSpec(
            WORKER,
            (sys.executable, "-m", "insights", "worker"),
            HttpOk(ports.address("worker-metrics"), "/metrics"),
            env={**environment, "ONCORDIA_METRICS_LISTEN": ports.address("worker-metrics")},
            after=(ProcessName("insights"),),
        ),
    ]
    with Background(specs, home / "logs") as background:
        yield Insights(
            environment["ONCORDIA_LISTEN"],
            environment["ONCORDIA_OTLP_LISTEN"],
            issuer,
            home,
            background,
            environment,
        )


@pytest_asyncio.fixture
async def database(insights: Insights) -> AsyncIterator[Database]:
    """The service's own database, to look into."""
    result = Database(insights.environment["ONCORDIA_DATABASE_URL"], 2)
    yield result
    await result.close()


@pytest_asyncio.fixture
async def publisher(kafka_settings: KafkaSettings) -> AsyncIterator[Publisher]:
    async with Publisher.started(kafka_settings) as result:
        yield result


@pytest_asyncio.fixture
async def stub(insights: Insights) -> AsyncIterator[InsightsServiceAsyncStub]:
    async with channel(insights.address) as open_channel:
        yield InsightsServiceStub(open_channel)
