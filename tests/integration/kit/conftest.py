"""A service's database, with the kit's tables, and the topics."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from kit.database.engine import Database
from kit.database.schema import metadata
from kit.settings import KafkaSettings
from tests.real import FreshDatabase


@pytest.fixture(scope="session")
def kafka_settings(hub_kafka: str) -> KafkaSettings:
    return KafkaSettings(bootstrap=hub_kafka)


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
