"""An audit log of each test's own, on the session's Kafka and PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from kit.events.kafka import apply_topics
from kit.events.topics import ALL
from kit.settings import KafkaSettings
from tests.integration.audit_log.world import AuditLog, LocalIssuer, issuing
from tests.real import FreshDatabase


@pytest_asyncio.fixture(scope="session")
async def topics_made(kafka: str) -> str:
    """The bootstrap address of a broker that has the topics."""
    await apply_topics(KafkaSettings(bootstrap=kafka), ALL)
    return kafka


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIssuer]:
    with issuing(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture
def log(topics_made: str, postgres: FreshDatabase, issuer: LocalIssuer, tmp_path: Path) -> Iterator[AuditLog]:
    """Not started yet."""
    result = AuditLog(tmp_path, topics_made, postgres("audit_log"), issuer.url)
    yield result
    result.stop()
