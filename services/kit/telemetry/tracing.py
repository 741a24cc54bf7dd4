"""Traces: how a process exports its spans, and how their context travels in messages.

Every span carries `oncordia.country` as a resource attribute, so that a trace shows where each step happened.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

# Long enough to batch, short enough that a trace can be looked at right after its request.
EXPORT_DELAY_MS = 500
SHUTDOWN_MS = 2_000

# W3C Trace Context, section 3.2; ids of zeros alone are none. The propagator is ten times as slow.
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")

_propagator = TraceContextTextMapPropagator()


def configure(service: str, country: str, endpoints: Sequence[str]) -> TracerProvider:
    """Exports this process's spans by OTLP to each endpoint (host:port, inside the hub's network)."""
    provider = TracerProvider(resource=Resource.create({"service.name": service, "oncordia.country": country}))
    for endpoint in endpoints:
        exporter = OTLPSpanExporter(endpoint=endpoint, insecure=True, timeout=5)
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=EXPORT_DELAY_MS))
    trace.set_tracer_provider(provider)
    return provider


def shut_down(provider: TracerProvider) -> None:
    """Sends what is left, for a bounded time: an exporter whose peer is gone must not hold up the end."""
    provider.force_flush(SHUTDOWN_MS)


def current_traceparent() -> str:
    """The W3C traceparent of the current span, or an empty string."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent", "")


def remote_context(traceparent: str) -> context.Context:
    """The context that a traceparent names, with no baggage; the empty context if it names none."""
    return _propagator.extract({"traceparent": traceparent}, context=context.Context())


def trace_id_of(traceparent: str) -> str:
    """The 32 hexadecimal digits of its trace, or an empty string."""
    found = _TRACEPARENT.fullmatch(traceparent)
    return found[1] if found else ""


def current_trace_id() -> str:
    """The 32 hexadecimal digits of the current trace, or an empty string."""
    found = trace.get_current_span().get_span_context()
    return format(found.trace_id, "032x") if found.is_valid else ""
