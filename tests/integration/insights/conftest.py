"""insights as it runs: the service, its Faust worker and the local issuer as processes, on the real servers."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from nacl.public import PrivateKey

from kit.database.engine import Database
from kit.events.kafka import apply_topics
from kit.events.topics import ALL
from kit.identity import keys
from kit.identity.handles import Handles
from kit.rpc.client import bearer, channel
from kit.settings import KafkaSettings
from oncordia.insights.v1.insights_service_pb2_grpc import InsightsServiceStub
from stack.background import Background
from stack.ports import Ports
from stack.process import ProcessName, ProcessSpec
from stack.ready import GrpcHealth, HttpOk
from tests.integration.insights.publisher import Publisher
from tests.real import FreshDatabase

if TYPE_CHECKING:
    from oncordia.insights.v1.insights_service_pb2_grpc import InsightsServiceAsyncStub

WORKER = ProcessName("insights-worker")

USERS = """users:
  - {id: owner, organisation: university-a, country: XA, roles: [researcher]}
  - {id: stranger, organisation: university-a, country: XA, roles: [researcher]}
  - {id: steward, organisation: hospital-a, country: XA, roles: [provider_steward]}
  - {id: homeless, organisation: nowhere, country: XA, roles: [provider_steward]}
  - {id: auditor, organisation: office, country: XB, roles: [auditor]}
  - {id: operator, organisation: hub, country: XB, roles: [operator]}
"""


@dataclass(frozen=True)
class Insights:
    """Where the running parts are, and how to be somebody to them."""

    address: str
    otlp: str
    issuer: str
    home: Path
    background: Background
    environment: dict[str, str]

    def stub(self) -> InsightsServiceAsyncStub:
        return InsightsServiceStub(channel(self.address))

    def metadata(self, user: str) -> tuple[tuple[str, str], ...]:
        form = {
            "grant_type": "client_credentials",
            "client_id": user,
            "client_secret": (self.home / "issuer" / "secrets" / user).read_text().strip(),
        }
        body = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(f"{self.issuer}/token", body, timeout=10) as answer:  # noqa: S310 - our own issuer
            return bearer(json.load(answer)["access_token"])

    def actor(self, user: str) -> str:
        handles = Handles(self.home / "keys")
        return handles.actor(handles.subject(self.issuer, user), datetime.now(UTC))

    def kill_worker(self) -> None:
        """SIGKILL; returns when another one is up."""
        self.background.kill(WORKER)

    def end_worker(self) -> None:
        self.background.pause(WORKER)

    def start_worker(self) -> None:
        self.background.resume(WORKER)


@pytest.fixture(scope="session")
def kafka_settings(kafka: str) -> KafkaSettings:
    settings = KafkaSettings(bootstrap=kafka)
    asyncio.run(apply_topics(settings, ALL))
    return settings


@pytest.fixture(scope="session")
def insights(
    kafka_settings: KafkaSettings, postgres: FreshDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Insights]:
    home = tmp_path_factory.mktemp("insights")
    _make_keys(home / "keys")
    (home / "users.yaml").write_text(USERS)
    ports = Ports()
    issuer = ports.address("issuer")
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
        "ONCORDIA_OIDC_ISSUER": f"http://{issuer}",
    }
    specs = [
        ProcessSpec(
            ProcessName("issuer"),
            (sys.executable, "-m", "issuer"),
            HttpOk(issuer, "/.well-known/openid-configuration"),
            env={
                "ONCORDIA_LISTEN": issuer,
                "ONCORDIA_OIDC_ISSUER": f"http://{issuer}",
                "ONCORDIA_DATA_DIR": str(home / "issuer"),
                "ONCORDIA_ISSUER_USERS": str(home / "users.yaml"),
            },
        ),
        ProcessSpec(
            ProcessName("insights"),
            (sys.executable, "-m", "insights"),
            GrpcHealth(environment["ONCORDIA_LISTEN"]),
            env=environment,
            after=(ProcessName("issuer"),),
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
            f"http://{issuer}",
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


def _make_keys(directory: Path) -> None:
    directory.mkdir()
    vault = PrivateKey.generate()
    keys.write_new(directory, keys.VAULT_PUBLIC, bytes(vault.public_key))
    keys.write_new(directory, keys.SUBJECT, secrets.token_bytes(32))
    for year in (datetime.now(UTC).year - 1, datetime.now(UTC).year, datetime.now(UTC).year + 1):
        keys.write_new(directory, keys.actor_key_name(year), secrets.token_bytes(32))
