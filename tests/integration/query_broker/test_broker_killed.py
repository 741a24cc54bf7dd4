"""kill -9 of the broker. A file of its own: two brokers at a time would share the group's partitions."""

from pathlib import Path

import pytest

from oncordia.query.v1.query_broker_service_pb2_grpc import QueryBrokerServiceStub
from tests.federation_topics import Federation
from tests.integration.query_broker.world import Broker, counted
from tests.real import FreshDatabase
from tests.world import LocalIssuer, ServiceProcess


@pytest.mark.parametrize("moment", ["before the answer", "after the answer"])
async def test_a_query_survives_kill_9_of_the_broker(
    hub_kafka: str, postgres: FreshDatabase, issuer: LocalIssuer, tmp_path: Path, moment: str
) -> None:
    federation = Federation(hub_kafka)
    await federation.start()
    process = ServiceProcess("query_broker", tmp_path, hub_kafka, postgres("query_broker"), issuer)
    process.start()
    async with process.channel() as channel:
        broker = Broker(process, QueryBrokerServiceStub(channel), federation, issuer)
        await federation.put("ghent")
        await broker.knows("ghent")
        query = await broker.ask("ghent")
        task = await federation.task()
        if moment == "after the answer":
            await federation.report(task, "ghent", count=counted(120))
        process.kill()
        if moment == "before the answer":
            await federation.report(task, "ghent", count=counted(120))
    process.start()
    async with process.channel() as channel:
        broker = Broker(process, QueryBrokerServiceStub(channel), federation, issuer)
        ended = await broker.end_of(query.name)
        assert ended.totals.totals[0].value == 120
    process.stop()
    await federation.stop()
