"""Spans of nodes, checked and exported by OTLP under the name of their provider."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from federation.application.journal import Journal
from federation.domain.provider import Provider
from kit.telemetry.log import logger
from kit.telemetry.node_spans import ATTRIBUTES, allowed_attributes, is_code, rounded_end
from kit.telemetry.tracing import EXPORT_DELAY_MS
from oncordia.border.v1.node_span_pb2 import NodeSpan

_log = logger(__name__)

# Spans are the first to be dropped when there is too much.
MOST_WAITING = 1000
MOST_IN_MESSAGE = 500
MOST_IN_EXPORT = 2000
_TIMEOUT_SECONDS = 5
_KINDS = {1: SpanKind.INTERNAL, 2: SpanKind.SERVER, 3: SpanKind.CLIENT, 4: SpanKind.PRODUCER, 5: SpanKind.CONSUMER}


class NodeSpanExport:
    """Exports off the path: nobody waits for it, and what can't be exported is lost."""

    def __init__(self, journal: Journal, endpoints: Iterable[str]) -> None:
        self._journal = journal
        self._exporters = [
            OTLPSpanExporter(endpoint=endpoint, insecure=True, timeout=_TIMEOUT_SECONDS) for endpoint in endpoints
        ]
        self._waiting: asyncio.Queue[tuple[Provider, Sequence[NodeSpan]]] = asyncio.Queue(MOST_WAITING)

    def put(self, provider: Provider, spans: Sequence[NodeSpan]) -> None:
        """Takes spans that a provider's node sent."""
        if self._exporters and not self._waiting.full():
            self._waiting.put_nowait((provider, list(spans)[:MOST_IN_MESSAGE]))

    async def run(self) -> None:
        """Exports until cancelled."""
        while True:
            batch = [await self._waiting.get()]
            await asyncio.sleep(EXPORT_DELAY_MS / 1000)
            while not self._waiting.empty() and sum(len(spans) for _, spans in batch) < MOST_IN_EXPORT:
                batch.append(self._waiting.get_nowait())
            try:
                await self._export([(provider, span) for provider, spans in batch for span in spans])
            except Exception as error:
                _log.warning("spans of nodes are lost", error=type(error).__name__)

    async def _export(self, told: Sequence[tuple[Provider, NodeSpan]]) -> None:
        given = await self._journal.given({(provider.id, span.trace_id) for provider, span in told})
        resources = {provider.id: _resource(provider) for provider, _ in told}
        readable = [
            _readable(span, resources[provider.id])
            for provider, span in told
            if (provider.id, span.trace_id) in given and is_allowed(span)
        ]
        if readable:
            for exporter in self._exporters:
                await asyncio.to_thread(exporter.export, readable)


def is_allowed(span: NodeSpan) -> bool:
    """Whether the hub takes it: a known name, and identifiers of the right length."""
    return (
        span.name in ATTRIBUTES
        and (len(span.trace_id), len(span.span_id), len(span.parent_span_id)) == (16, 8, 8)
        and span.kind in _KINDS
        and span.start_time_unix_nano <= span.end_time_unix_nano
    )


def _resource(provider: Provider) -> Resource:
    return Resource({"service.name": f"node/{provider.id}", "oncordia.country": provider.country})


def _readable(span: NodeSpan, resource: Resource) -> ReadableSpan:
    trace_id = int.from_bytes(span.trace_id)

    def context(span_id: bytes) -> SpanContext:
        return SpanContext(trace_id, int.from_bytes(span_id), is_remote=True, trace_flags=TraceFlags(1))

    attributes = allowed_attributes(span.name, dict(span.attributes))
    if is_code(span.reason):
        attributes["oncordia.reason"] = span.reason
    return ReadableSpan(
        name=span.name,
        context=context(span.span_id),
        parent=context(span.parent_span_id),
        resource=resource,
        attributes=attributes,
        kind=_KINDS[span.kind],
        status=Status(StatusCode.ERROR) if span.error else Status(StatusCode.UNSET),
        start_time=span.start_time_unix_nano,
        # Once more, should the node not have done it.
        end_time=rounded_end(span.name, span.start_time_unix_nano, span.end_time_unix_nano),
    )
