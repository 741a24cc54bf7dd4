"""What a piece of evidence tells of its event."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from kit.events.envelope import MalformedMessage, parse_body
from kit.events.payload import payload_json
from tlog.body import EventBody
from tlog.evidence import Proven

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def told_by(proven: Proven) -> dict[str, str]:
    """What the evidence tells of the event, by the names that entries have. What is empty is left out."""
    record = proven.record
    told = {
        "entry": str(proven.index),
        "event_id": str(record.event_id),
        "producer": record.producer,
        "producer_number": str(record.producer_number),
        "time": (_EPOCH + timedelta(microseconds=record.time_us)).isoformat(),
        **(dict(_content(proven.body)) if proven.body is not None else {}),
    }
    return {name: value for name, value in told.items() if value}


def _content(body: EventBody) -> Iterator[tuple[str, str]]:
    try:
        message = parse_body(body)
    except MalformedMessage as error:
        yield "content", f"can't be read: {error}"
        return
    yield "type", message.type
    yield "resource", message.key
    yield "actor", message.actor
    yield "organisation", message.organisation
    yield "country", message.country
    yield "purpose", message.purpose
    yield "permit", message.permit
    yield "traceparent", message.traceparent
    yield "payload", payload_json(message.type, message.value) or "of a type that this program does not know"
