"""A span as the trace store keeps it, and the names that it goes by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from kit.errors import InvalidInput

# 32 and 16 hexadecimal digits in lower case.
TraceId = NewType("TraceId", str)
SpanId = NewType("SpanId", str)

# Set by the hub's edge on the root: the handle of who made the request.
ACTOR = "oncordia.actor"

_NODE = "node/"


class SpanKind(StrEnum):
    """OpenTelemetry's kinds of span."""

    UNSPECIFIED = "unspecified"
    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


@dataclass(frozen=True, slots=True)
class Span:
    """One step of a request. Times in nanoseconds since 1970, UTC; links as `trace_id/span_id`."""

    trace_id: TraceId
    span_id: SpanId
    parent_span_id: SpanId | None
    name: str
    kind: SpanKind
    service: str
    country: str
    start_nano: int
    end_nano: int
    error: bool
    attributes: Mapping[str, str]
    links: tuple[str, ...]

    @property
    def provider(self) -> str | None:
        """`providers/{id}` if a provider's node made the span."""
        return f"providers/{self.service.removeprefix(_NODE)}" if self.service.startswith(_NODE) else None

    @property
    def owner(self) -> str | None:
        """The actor of a root that the hub itself made; what a node says of an owner counts for nothing."""
        if self.parent_span_id is not None or self.provider is not None:
            return None
        return self.attributes.get(ACTOR) or None


def trace_id_of(text: str) -> TraceId:
    """The trace id in a request. Raises InvalidInput."""
    lowered = text.lower()
    if len(lowered) != 32 or not set(lowered) <= set("0123456789abcdef") or not int(lowered, 16):
        raise InvalidInput.of("trace_id", f"must be 32 hexadecimal digits, not all zero; got {text[:40]!r}")
    return TraceId(lowered)
