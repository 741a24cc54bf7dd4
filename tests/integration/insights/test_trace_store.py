"""Spans go in by OTLP, and come out by the rights of who asks."""

from __future__ import annotations

import asyncio
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import grpc
import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from sqlalchemy import text

from insights.adapters.span_store import PostgresSpanStore
from insights.domain.span import TraceId
from kit.database.engine import Database
from kit.events import topics
from oncordia.federation.v1 import provider_pb2
from oncordia.insights.v1.insights_service_pb2 import GetTraceRequest
from oncordia.insights.v1.trace_pb2 import Trace
from tests.integration.insights.conftest import Insights
from tests.integration.insights.publisher import Draft, Publisher
from tests.world import until

if TYPE_CHECKING:
    from oncordia.insights.v1.insights_service_pb2_grpc import InsightsServiceAsyncStub

LINKED = trace.SpanContext(0xAB, 0xCD, is_remote=True)


def export_a_query(insights: Insights, owner: str) -> str:
    """A query's trace in two processes, by OpenTelemetry's own SDK and exporter. Returns the trace id."""
    hub, node = (
        TracerProvider(resource=Resource({"service.name": name, "oncordia.country": country}))
        for name, country in (("query_broker", "BE"), ("node/hospital-a", "XA"))
    )
    for provider in (hub, node):
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=insights.otlp, insecure=True)))
    with hub.get_tracer("test").start_as_current_span(
        "root",
        context=trace.set_span_in_context(trace.INVALID_SPAN),
        kind=trace.SpanKind.SERVER,
        links=[trace.Link(LINKED)],
        attributes={"oncordia.actor": insights.actor(owner), "answers": 8, "stored": True},
    ) as root:
        with node.get_tracer("test").start_as_current_span("node task count", kind=trace.SpanKind.CONSUMER) as task:
            task.set_status(trace.StatusCode.ERROR, "text that must not leave")
        trace_id = root.get_span_context().trace_id
    for provider in (hub, node):
        provider.shutdown()
    return format(trace_id, "032x")


@pytest.fixture(scope="module")
def owned(insights: Insights) -> str:
    return export_a_query(insights, "researcher-1")


async def read(stub: InsightsServiceAsyncStub, insights: Insights, trace_id: str, user: str) -> Trace:
    return await stub.GetTrace(GetTraceRequest(trace_id=trace_id), metadata=insights.metadata(user))


async def refusal(stub: InsightsServiceAsyncStub, insights: Insights, trace_id: str, user: str) -> tuple[str, str]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await read(stub, insights, trace_id, user)
    return refused.value.code().name, str(refused.value.details())


@pytest.mark.parametrize("user", ["researcher-1", "auditor-1", "operator-1"])
async def test_spans_exported_by_otlp_are_given_back_whole(
    insights: Insights, stub: InsightsServiceAsyncStub, owned: str, user: str
) -> None:
    found = await read(stub, insights, owned, user)
    root, task = found.spans
    assert (root.name, root.kind, root.service, root.country) == ("root", "server", "query_broker", "BE")
    assert root.parent_span_id == ""
    assert dict(root.attributes) == {
        "oncordia.actor": insights.actor("researcher-1"),
        "answers": "8",
        "stored": "true",
    }
    assert list(root.links) == [f"{0xAB:032x}/{0xCD:016x}"]
    assert (task.name, task.service, task.country) == ("node task count", "node/hospital-a", "XA")
    assert task.parent_span_id == root.span_id
    assert (root.error, task.error) == (False, True)
    assert root.start_time_unix_nano <= task.start_time_unix_nano <= task.end_time_unix_nano


async def test_a_strangers_trace_looks_like_one_that_is_not_there(
    insights: Insights, stub: InsightsServiceAsyncStub, owned: str
) -> None:
    code, said = await refusal(stub, insights, owned, "researcher-4")
    absent = secrets.token_hex(16)
    assert (code, said.replace(owned, absent)) == await refusal(stub, insights, absent, "researcher-4")
    assert code == "NOT_FOUND"


async def test_a_steward_sees_the_spans_of_the_own_node_and_no_others(
    insights: Insights, stub: InsightsServiceAsyncStub, publisher: Publisher, database: Database, owned: str
) -> None:
    provider = provider_pb2.Provider(name="providers/hospital-a", organisation="demo-leuven", country="XA")
    await publisher.publish([Draft(topics.state("federation"), provider.name, provider)])

    async def known() -> bool:
        async with database.transaction() as transaction:
            found = await transaction.execute(text("SELECT 1 FROM providers WHERE organisation = 'demo-leuven'"))
            return found.first() is not None

    await until(known, 60)
    assert [span.service for span in (await read(stub, insights, owned, "steward-1")).spans] == ["node/hospital-a"]
    assert (await refusal(stub, insights, owned, "steward-2"))[0] == "NOT_FOUND"


async def test_what_is_no_trace_id_is_refused_by_name(insights: Insights, stub: InsightsServiceAsyncStub) -> None:
    code, said = await refusal(stub, insights, "nonsense", "auditor-1")
    assert code == "INVALID_ARGUMENT"
    assert "trace_id" in said


async def test_nobody_reads_a_trace_without_a_token(stub: InsightsServiceAsyncStub, owned: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.GetTrace(GetTraceRequest(trace_id=owned))
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def trace_service(channel: grpc.aio.Channel) -> TraceServiceStub:
    return TraceServiceStub(channel)  # type: ignore[no-untyped-call]  # generated untyped


def raw_export(*spans: Span) -> ExportTraceServiceRequest:
    return ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=spans)])])


def raw_span(trace_id: bytes, span_id: bytes, name: str = "step") -> Span:
    now = time.time_ns()
    return Span(trace_id=trace_id, span_id=span_id, name=name, start_time_unix_nano=now, end_time_unix_nano=now)


async def test_a_span_that_comes_again_stays_as_it_came_first(insights: Insights, database: Database) -> None:
    trace_id = secrets.token_bytes(16)
    async with grpc.aio.insecure_channel(insights.otlp) as channel:
        otlp = trace_service(channel)
        await otlp.Export(raw_export(raw_span(trace_id, b"aaaaaaaa", "first")))
        await asyncio.gather(
            *(otlp.Export(raw_export(raw_span(trace_id, b"aaaaaaaa", "again"))) for _ in range(20)),
        )
    found = await PostgresSpanStore(database).trace(TraceId(trace_id.hex()))
    assert [span.name for span in found] == ["first"]


async def test_malformed_spans_are_left_out_and_counted(insights: Insights, database: Database) -> None:
    trace_id = secrets.token_bytes(16)
    async with grpc.aio.insecure_channel(insights.otlp) as channel:
        answer = await trace_service(channel).Export(
            raw_export(
                raw_span(trace_id, b"aaaaaaaa", "a\0b"), raw_span(trace_id, b"short"), raw_span(b"", b"bbbbbbbb")
            )
        )
    assert answer.partial_success.rejected_spans == 2
    found = await PostgresSpanStore(database).trace(TraceId(trace_id.hex()))
    assert [span.name for span in found] == ["ab"]


async def test_an_export_that_is_too_large_is_refused_and_harms_nobody(insights: Insights) -> None:
    async with grpc.aio.insecure_channel(insights.otlp) as channel:
        otlp = trace_service(channel)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await otlp.Export(raw_export(raw_span(b"t" * 16, b"s" * 8, "n" * 5_000_000)))
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert not (await otlp.Export(raw_export())).HasField("partial_success")


async def test_taking_spans_makes_no_spans(
    insights: Insights, stub: InsightsServiceAsyncStub, database: Database, owned: str
) -> None:
    """insights exports to itself; its own calls are seen, the exports are not."""
    await read(stub, insights, owned, "auditor-1")

    async def own_names() -> set[str]:
        async with database.transaction() as transaction:
            rows = await transaction.execute(text("SELECT DISTINCT name FROM spans WHERE service = 'insights'"))
            return set(rows.scalars())

    async def seen() -> bool:
        return "oncordia.insights.v1.InsightsService/GetTrace" in await own_names()

    await until(seen, 60)
    assert not any("Export" in name for name in await own_names())


async def test_spans_past_their_time_are_deleted(insights: Insights, database: Database) -> None:
    store = PostgresSpanStore(database)
    old = export_a_query(insights, "researcher-1")
    young = export_a_query(insights, "researcher-1")
    async with database.transaction() as transaction:
        await transaction.execute(
            text("UPDATE spans SET receive_time = now() - interval '31 days' WHERE trace_id = :id"),
            {"id": bytes.fromhex(old)},
        )
    assert await store.forget_before(datetime.now(UTC) - timedelta(days=30)) == 2
    assert await store.trace(TraceId(old)) == ()
    assert len(await store.trace(TraceId(young))) == 2
