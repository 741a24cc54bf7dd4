"""One hub for all tests of this folder, with something in it that belongs to somebody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import pytest_asyncio

from tests.integration.access.hub import Hub, Owned, running_hub
from tests.real import FreshDatabase
from tests.world import LocalIssuer


@pytest.fixture(scope="session")
def hub(
    hub_kafka: str, postgres: FreshDatabase, issuer: LocalIssuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub"), hub_kafka, postgres, issuer) as running:
        yield running


@pytest_asyncio.fixture(scope="session")
async def owned(hub: Hub, hub_kafka: str) -> Owned:
    return await hub.furnish(hub_kafka)
