"""Finished spans of the node, as they may leave it: kept in memory, never exported from here."""

from __future__ import annotations

import threading
from collections import deque

from opentelemetry import context as otel_context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import StatusCode

from kit.telemetry.node_spans import ATTRIBUTES, allowed_attributes, is_code, rounded_end
from oncordia.border.v1.node_span_pb2 import NodeSpan

MOST = 2000
MOST_AT_ONCE = 500
# OpenTelemetry's own numbers on the wire are one more than the SDK's.
_KIND_OFFSET = 1
REASON = "oncordia.reason"


class SpanBuffer(SpanProcessor):
    """Holds the newest spans on the allow-list; when nobody takes them, the oldest go."""

    def __init__(self) -> None:
        self._spans: deque[ReadableSpan] = deque(maxlen=MOST)
        self._lock = threading.Lock()

    def on_start(self, span: Span, parent_context: otel_context.Context | None = None) -> None:
        """Nothing to do before its end."""

    def on_end(self, span: ReadableSpan) -> None:
        if span.name in ATTRIBUTES:
            with self._lock:
                self._spans.append(span)

    def shutdown(self) -> None:
        """Nothing to send from here."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return True

    def take(self) -> list[NodeSpan]:
        """The oldest ones, at most MOST_AT_ONCE, which are then no longer here."""
        with self._lock:
            taken = [self._spans.popleft() for _ in range(min(MOST_AT_ONCE, len(self._spans)))]
        return [shown for span in taken if (shown := as_shown(span)) is not None]


def as_shown(span: ReadableSpan) -> NodeSpan | None:
    """What may leave the node of a span: no events, no status text; None if it is not on the list at all."""
    if span.name not in ATTRIBUTES or span.context is None or span.parent is None:
        return None
    start, end = span.start_time or 0, span.end_time or 0
    attributes = {key: str(value) for key, value in (span.attributes or {}).items()}
    reason = attributes.get(REASON, "")
    return NodeSpan(
        trace_id=span.context.trace_id.to_bytes(16),
        span_id=span.context.span_id.to_bytes(8),
        parent_span_id=span.parent.span_id.to_bytes(8),
        name=span.name,
        start_time_unix_nano=start,
        end_time_unix_nano=rounded_end(span.name, start, end),
        kind=span.kind.value + _KIND_OFFSET,
        error=span.status.status_code is StatusCode.ERROR,
        reason=reason if is_code(reason) else "",
        attributes=allowed_attributes(span.name, attributes),
    )
