"""Spans and callers for the tests of insights."""

from insights.domain.span import Span, SpanId, SpanKind, TraceId
from kit.identity.caller import Caller, Role

TRACE = TraceId("ab" * 16)
NEW_YEAR_2026 = 1_767_225_600_000_000_000
OWNER = "owner's handle"


def a_span(
    number: int = 1,
    parent: int | None = None,
    service: str = "query_broker",
    actor: str = "",
    start_nano: int = NEW_YEAR_2026,
) -> Span:
    return Span(
        trace_id=TRACE,
        span_id=SpanId(f"{number:016x}"),
        parent_span_id=None if parent is None else SpanId(f"{parent:016x}"),
        name=f"step {number}",
        kind=SpanKind.INTERNAL,
        service=service,
        country="BE",
        start_nano=start_nano,
        end_nano=start_nano + 1,
        error=False,
        attributes={"oncordia.actor": actor} if actor else {},
        links=(),
    )


QUERY = (
    a_span(1, actor=OWNER),
    a_span(2, 1, "federation"),
    a_span(3, 2, "node/hospital-a"),
    a_span(4, 2, "node/hospital-b"),
)


def a_caller(*roles: Role, actor: str = "somebody", organisation: str = "", subject: str = "subject") -> Caller:
    return Caller(subject=subject, actor=actor, organisation=organisation, country="BE", roles=frozenset(roles))
