"""OTLP spans as the trace store's own. What a sender may make us keep is limited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from insights.domain.span import Span, SpanId, SpanKind, TraceId

MOST_ATTRIBUTES = 64
MOST_LINKS = 64
MOST_CHARACTERS = 1024

_KINDS = {
    trace_pb2.Span.SPAN_KIND_INTERNAL: SpanKind.INTERNAL,
    trace_pb2.Span.SPAN_KIND_SERVER: SpanKind.SERVER,
    trace_pb2.Span.SPAN_KIND_CLIENT: SpanKind.CLIENT,
    trace_pb2.Span.SPAN_KIND_PRODUCER: SpanKind.PRODUCER,
    trace_pb2.Span.SPAN_KIND_CONSUMER: SpanKind.CONSUMER,
}
_HIGHEST_TIME = 2**63 - 1


def spans_of(request: ExportTraceServiceRequest) -> tuple[list[Span], int]:
    """The spans of a request, and how many were rejected because their ids or times are none."""
    kept: list[Span] = []
    rejected = 0
    for span, service, country in _all(request):
        if _is_well_formed(span):
            kept.append(_span(span, service, country))
        else:
            rejected += 1
    return kept, rejected


def _all(request: ExportTraceServiceRequest) -> Iterator[tuple[trace_pb2.Span, str, str]]:
    for resource_spans in request.resource_spans:
        resource = _attributes(resource_spans.resource.attributes)
        service, country = resource.get("service.name", ""), resource.get("oncordia.country", "")
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                yield span, service, country


def _is_well_formed(span: trace_pb2.Span) -> bool:
    return (
        len(span.trace_id) == 16
        and any(span.trace_id)
        and len(span.span_id) == 8
        and any(span.span_id)
        and len(span.parent_span_id) in (0, 8)
        and 0 < span.start_time_unix_nano <= span.end_time_unix_nano <= _HIGHEST_TIME
    )


def _span(span: trace_pb2.Span, service: str, country: str) -> Span:
    return Span(
        trace_id=TraceId(span.trace_id.hex()),
        span_id=SpanId(span.span_id.hex()),
        parent_span_id=SpanId(span.parent_span_id.hex()) if any(span.parent_span_id) else None,
        name=_text(span.name),
        kind=_KINDS.get(span.kind, SpanKind.UNSPECIFIED),
        service=service,
        country=country,
        start_nano=span.start_time_unix_nano,
        end_nano=span.end_time_unix_nano,
        error=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        attributes=_attributes(span.attributes),
        links=tuple(f"{link.trace_id.hex()}/{link.span_id.hex()}" for link in span.links[:MOST_LINKS]),
    )


def _attributes(given: Sequence[KeyValue]) -> dict[str, str]:
    return {_text(pair.key): _text(_value(pair.value)) for pair in given[:MOST_ATTRIBUTES]}


def _value(value: AnyValue) -> str:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return "true" if value.bool_value else "false"
        case "int_value":
            return str(value.int_value)
        case "double_value":
            return repr(value.double_value)
        case "bytes_value":
            return value.bytes_value[:MOST_CHARACTERS].hex()
        case "array_value":
            return ", ".join(_value(item) for item in value.array_value.values)
        case _:
            return ""


def _text(text: str) -> str:
    # PostgreSQL's text has no NUL.
    return text[:MOST_CHARACTERS].replace("\0", "")
