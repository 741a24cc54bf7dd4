"""A service's database, with the kit's tables, and the topics."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from kit.database.engine import Database
from kit.database.schema import metadata
from kit.events.kafka import apply_topics
from kit.events.topics import ALL
from kit.settings import KafkaSettings
from tests.real import FreshDatabase


@pytest_asyncio.fixture(scope="session")
async def kafka_settings(kafka: str) -> KafkaSettings:
    settings = KafkaSettings(bootstrap=kafka)
    await apply_topics(settings, ALL)
    return settings


@pytest_asyncio.fixture
async def database(postgres: FreshDatabase) -> AsyncIterator[Database]:
    result = Database(postgres("kit_test"))
    async with result.transaction() as transaction:
        await transaction.run_sync(metadata.create_all)
    yield result
    await result.close()


@pytest.fixture
def service() -> str:
    return "kit_test"
