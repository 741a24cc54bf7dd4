"""Kafka or PostgreSQL are not there when a service starts."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest

from oncordia.query.v1 import cohort_query_pb2, messages_pb2
from oncordia.query.v1.query_broker_service_pb2_grpc import QueryBrokerServiceStub
from stack.ports import Ports
from tests.real import FreshDatabase
from tests.world import LocalIssuer, ServiceProcess, wait_until

SERVICES = ("query_broker", "audit_log")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_without_its_database_names_it_and_ends(
    hub_kafka: str, issuer: LocalIssuer, tmp_path: Path, service: str
) -> None:
    nobody = Ports().address("nobody")
    url = f"postgresql://{service}:secret-of-a-test@{nobody}/oncordia"
    process = ServiceProcess(service, tmp_path, hub_kafka, url, issuer)
    process.start(wait=False)
    assert process.ended() == 1
    assert f"{service} can't start: the database at {nobody} can't be reached" in process.words()
    assert "secret-of-a-test" not in process.words()


async def test_a_service_without_kafka_serves_and_takes_part_when_it_comes(
    postgres: FreshDatabase, issuer: LocalIssuer, tmp_path: Path
) -> None:
    process = ServiceProcess("query_broker", tmp_path, Ports().address("nobody"), postgres("query_broker"), issuer)
    with process:
        async with process.channel() as channel:
            stub = QueryBrokerServiceStub(channel)
            page = await stub.ListCohortQueries(
                messages_pb2.ListCohortQueriesRequest(), metadata=issuer.metadata("researcher-1")
            )
            assert not page.cohort_queries
            with pytest.raises(grpc.aio.AioRpcError, match="nobody to ask"):
                await stub.CreateCohortQuery(
                    messages_pb2.CreateCohortQueryRequest(
                        cohort_query=cohort_query_pb2.CohortQuery(filter='sex = "F"')
                    ),
                    metadata=issuer.metadata("researcher-1"),
                )
        wait_until(lambda: "consumer waits" in process.words() and "relay waits" in process.words())
