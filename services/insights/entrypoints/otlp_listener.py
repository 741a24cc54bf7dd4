"""Where the hub's processes export their spans to.

A listener of its own, without the kit's interceptor: no token is asked, and taking spans makes no span, as each export
would otherwise cause the next one.
"""

from __future__ import annotations

from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from prometheus_client import Counter

from insights.application.ports import SpanStore
from insights.entrypoints.otlp import spans_of
from kit.database.engine import is_passing
from kit.telemetry.log import logger

_log = logger(__name__)

_SPANS = Counter("oncordia_spans", "Spans received", ["outcome"])

MAX_EXPORT_BYTES = 4 * 1024 * 1024
# More exports at once than this are told to come again, so that a burst can't fill the memory.
MAX_EXPORTS = 64

ServicerContext = grpc.aio.ServicerContext[Any, Any]


class TraceServicer(trace_service_pb2_grpc.TraceServiceServicer):
    """OTLP's TraceService. Spans are committed before they are acknowledged."""

    def __init__(self, store: SpanStore) -> None:
        self._store = store

    async def Export(self, request: ExportTraceServiceRequest, context: ServicerContext) -> ExportTraceServiceResponse:
        spans, rejected = spans_of(request)
        try:
            await self._store.add(spans)
        except Exception as error:
            if not is_passing(error):
                _log.exception("spans could not be kept", spans=len(spans))
            # UNAVAILABLE is what exporters retry on.
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the trace store can't keep spans now; try again")
        _SPANS.labels("kept").inc(len(spans))
        if not rejected:
            return ExportTraceServiceResponse()
        _SPANS.labels("rejected").inc(rejected)
        return ExportTraceServiceResponse(
            partial_success=ExportTracePartialSuccess(
                rejected_spans=rejected, error_message="spans without valid ids or times were left out"
            )
        )


class OtlpListener:
    """Serves TraceService on `address` (host:port)."""

    def __init__(self, address: str, store: SpanStore) -> None:
        self._address = address
        self._server = grpc.aio.server(
            options=[("grpc.max_receive_message_length", MAX_EXPORT_BYTES), ("grpc.so_reuseport", 0)],
            maximum_concurrent_rpcs=MAX_EXPORTS,
        )
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(  # type: ignore[no-untyped-call]  # generated untyped
            TraceServicer(store), self._server
        )

    async def start(self) -> int:
        """Begins to listen and returns the port. Raises OSError naming the address if it is taken."""
        try:
            port = self._server.add_insecure_port(self._address)
        except RuntimeError:
            port = 0
        if port == 0:
            raise OSError(f"can't listen on {self._address} for spans: is it in use by another program?")
        await self._server.start()
        return port

    async def stop(self, seconds: float) -> None:
        """Running exports may end, for at most that long."""
        await self._server.stop(seconds)
