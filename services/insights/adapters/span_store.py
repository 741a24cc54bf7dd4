"""Spans in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, text

from insights.domain.span import Span, SpanId, SpanKind, TraceId
from kit.database.engine import Database

# A reader's message holds this many; a query to 1,000 sites makes about 10,000.
MOST_SPANS = 20_000
# Deleted at a time, so that no transaction holds many rows for long.
_PURGE_AT_ONCE = 10_000

# One statement a batch. Sorted by key, so that two batches with the same spans can't wait for each other in a circle.
_ADD = text(
    """INSERT INTO spans (trace_id, span_id, parent_span_id, name, kind, service, country, start_nano, end_nano,
                          error, attributes, links)
       SELECT new.trace_id, new.span_id, new.parent_span_id, new.name, new.kind, new.service, new.country,
              new.start_nano, new.end_nano, new.error, CAST(new.attributes AS jsonb), CAST(new.links AS jsonb)
       FROM unnest(CAST(:trace_id AS bytea[]), CAST(:span_id AS bytea[]), CAST(:parent_span_id AS bytea[]),
                   CAST(:name AS text[]), CAST(:kind AS text[]), CAST(:service AS text[]), CAST(:country AS text[]),
                   CAST(:start_nano AS bigint[]), CAST(:end_nano AS bigint[]), CAST(:error AS boolean[]),
                   CAST(:attributes AS text[]), CAST(:links AS text[]))
         AS new(trace_id, span_id, parent_span_id, name, kind, service, country, start_nano, end_nano, error,
                attributes, links)
       ORDER BY new.trace_id, new.span_id
       ON CONFLICT (trace_id, span_id) DO NOTHING"""
)
_TRACE = text(
    """SELECT trace_id, span_id, parent_span_id, name, kind, service, country, start_nano, end_nano, error,
              attributes, links
       FROM spans WHERE trace_id = :trace_id ORDER BY start_nano, span_id LIMIT :most"""
)
_FORGET = text(
    """DELETE FROM spans WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM spans WHERE receive_time < :before ORDER BY receive_time LIMIT :most))"""
)


class PostgresSpanStore:
    """Implements SpanStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, spans: Sequence[Span]) -> None:
        if not spans:
            return
        columns = {
            "trace_id": [bytes.fromhex(span.trace_id) for span in spans],
            "span_id": [bytes.fromhex(span.span_id) for span in spans],
            "parent_span_id": [
                None if span.parent_span_id is None else bytes.fromhex(span.parent_span_id) for span in spans
            ],
            "name": [span.name for span in spans],
            "kind": [span.kind.value for span in spans],
            "service": [span.service for span in spans],
            "country": [span.country for span in spans],
            "start_nano": [span.start_nano for span in spans],
            "end_nano": [span.end_nano for span in spans],
            "error": [span.error for span in spans],
            "attributes": [json.dumps(dict(span.attributes)) for span in spans],
            "links": [json.dumps(span.links) for span in spans],
        }
        async with self._database.single() as single:
            await single.execute(_ADD, columns)

    async def trace(self, trace_id: TraceId) -> tuple[Span, ...]:
        async with self._database.reading() as connection:
            rows = await connection.execute(_TRACE, {"trace_id": bytes.fromhex(trace_id), "most": MOST_SPANS})
            return tuple(_span(row) for row in rows)

    async def forget_before(self, time: datetime) -> int:
        forgotten = 0
        while True:
            async with self._database.single() as single:
                done = await single.execute(_FORGET, {"before": time, "most": _PURGE_AT_ONCE})
            forgotten += done.rowcount
            if done.rowcount < _PURGE_AT_ONCE:
                return forgotten


def _span(row: Row[tuple[object, ...]]) -> Span:
    return Span(
        trace_id=TraceId(row.trace_id.hex()),
        span_id=SpanId(row.span_id.hex()),
        parent_span_id=None if row.parent_span_id is None else SpanId(row.parent_span_id.hex()),
        name=row.name,
        kind=SpanKind(row.kind),
        service=row.service,
        country=row.country,
        start_nano=row.start_nano,
        end_nano=row.end_nano,
        error=row.error,
        attributes=row.attributes if isinstance(row.attributes, dict) else json.loads(row.attributes),
        links=tuple(row.links if isinstance(row.links, list) else json.loads(row.links)),
    )
