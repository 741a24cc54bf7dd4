"""OTLP spans as the trace store's own."""

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from insights.domain.span import SpanKind
from insights.entrypoints.otlp import MOST_ATTRIBUTES, MOST_CHARACTERS, spans_of


def text_pair(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


RESOURCE = Resource(attributes=[text_pair("service.name", "federation"), text_pair("oncordia.country", "BE")])


def request(*spans: Span, resource: Resource = RESOURCE) -> ExportTraceServiceRequest:
    scopes = [ScopeSpans(spans=spans)]
    return ExportTraceServiceRequest(resource_spans=[ResourceSpans(resource=resource, scope_spans=scopes)])


def a_span() -> Span:
    return Span(
        trace_id=b"t" * 16,
        span_id=b"s" * 8,
        name="step",
        kind=Span.SPAN_KIND_PRODUCER,
        start_time_unix_nano=5,
        end_time_unix_nano=7,
    )


def test_service_and_country_come_from_the_resource() -> None:
    (span,), rejected = spans_of(request(a_span()))
    assert (span.service, span.country, span.kind) == ("federation", "BE", SpanKind.PRODUCER)
    assert (span.trace_id, span.span_id, span.parent_span_id) == ("74" * 16, "73" * 8, None)
    assert rejected == 0


def test_a_process_that_says_nothing_of_itself_is_kept_all_the_same() -> None:
    (span,), _ = spans_of(request(a_span(), resource=Resource()))
    assert (span.service, span.country) == ("", "")


def test_every_kind_of_value_becomes_text() -> None:
    given = a_span()
    given.attributes.extend(
        [
            text_pair("text", "x"),
            KeyValue(key="yes", value=AnyValue(bool_value=True)),
            KeyValue(key="count", value=AnyValue(int_value=3)),
            KeyValue(key="share", value=AnyValue(double_value=0.5)),
            KeyValue(key="raw", value=AnyValue(bytes_value=b"\x01")),
            KeyValue(
                key="list",
                value=AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1), AnyValue(string_value="b")])),
            ),
            KeyValue(key="none"),
        ]
    )
    (span,), _ = spans_of(request(given))
    assert dict(span.attributes) == {
        "text": "x",
        "yes": "true",
        "count": "3",
        "share": "0.5",
        "raw": "01",
        "list": "1, b",
        "none": "",
    }


def test_what_a_sender_can_make_us_keep_is_limited() -> None:
    given = a_span()
    given.name = "n" * 5_000
    given.attributes.extend(text_pair(f"a{n}", "v" * 5_000) for n in range(500))
    given.links.extend(Span.Link(trace_id=b"t" * 16, span_id=b"s" * 8) for _ in range(500))
    (span,), _ = spans_of(request(given))
    assert len(span.name) == MOST_CHARACTERS
    assert len(span.attributes) == MOST_ATTRIBUTES
    assert {len(value) for value in span.attributes.values()} == {MOST_CHARACTERS}
    assert len(span.links) == 64


def test_the_status_text_of_a_failed_span_is_not_kept() -> None:
    given = a_span()
    given.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="a patient's name"))
    (span,), _ = spans_of(request(given))
    assert span.error
    assert "patient" not in repr(span)


def test_spans_without_valid_ids_or_times_are_rejected_and_the_others_kept() -> None:
    broken = [a_span() for _ in range(6)]
    broken[0].trace_id = b"short"
    broken[1].trace_id = bytes(16)
    broken[2].span_id = b""
    broken[3].parent_span_id = b"x"
    broken[4].end_time_unix_nano = 1
    broken[5].end_time_unix_nano = 2**63
    kept, rejected = spans_of(request(*broken, a_span()))
    assert (len(kept), rejected) == (1, 6)
