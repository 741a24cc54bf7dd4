"""Takes spans by OTLP, as the trace store does, and keeps them in memory."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1 import trace_pb2

from stack.ports import Ports


@dataclass(frozen=True)
class Seen:
    service: str
    country: str
    span: trace_pb2.Span


@dataclass
class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    address: str
    seen: list[Seen] = field(default_factory=list)

    async def Export(  # noqa: N802 - the proto's name
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: object
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        for resource in request.resource_spans:
            about = {a.key: a.value.string_value for a in resource.resource.attributes}
            self.seen += [
                Seen(about["service.name"], about["oncordia.country"], span)
                for scope in resource.scope_spans
                for span in scope.spans
            ]
        return trace_service_pb2.ExportTraceServiceResponse()

    def named(self, name: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.span.name == name]


@contextlib.asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    collector = Collector(Ports().address("otlp"))
    server = grpc.aio.server()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]  # it has no types
    server.add_insecure_port(collector.address)
    await server.start()
    yield collector
    await server.stop(0)
