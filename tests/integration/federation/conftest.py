"""A hub for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from oncordia.federation.v1.federation_service_pb2_grpc import FederationServiceStub
from tests.integration.federation.world import Asking, Hub, replica
from tests.real import FreshDatabase
from tests.world import LocalIssuer


@pytest_asyncio.fixture
async def hub(hub_kafka: str, postgres: FreshDatabase, issuer: LocalIssuer, tmp_path: Path) -> AsyncIterator[Hub]:
    asking = Asking(hub_kafka)
    await asking.start()
    with replica(tmp_path / "hub", hub_kafka, postgres("federation"), issuer) as process:
        async with process.channel() as channel:
            hub = Hub(process, FederationServiceStub(channel), issuer, tmp_path, asking)
            yield hub
            for node in hub.nodes:
                node.kill()
    await asking.stop()
