"""How an event travels: CloudEvents 1.0 in Kafka's binary mode (headers `ce_*`), a protobuf message as the value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from kit.events.outcome import Outcome
from tlog.body import EventBody

# In this order on the wire; absent ones are left out. actor and below are our extension attributes.
_ATTRIBUTES = ("organisation", "country", "purpose", "permit", "actor")
_OUTCOME = "ce_outcome"
NUMBER = "ce_producerseq"
"""The header with the producer's number, the last one of an event."""

Headers = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was read: where it stood, and the event in it. `value` is None for a tombstone."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: Headers
    value: bytes | None
    event_id: UUID
    type: str
    producer: str
    number: int | None
    time: datetime
    traceparent: str
    actor: str
    organisation: str
    country: str
    purpose: str
    permit: str
    outcome: str


class MalformedMessage(Exception):
    """The headers don't make an event. Says which is wrong."""


def headers(
    *,
    event_id: UUID,
    type_: str,
    producer: str,
    key: str,
    time: datetime,
    traceparent: str,
    acting: dict[str, str],
    outcome: Outcome = Outcome.DONE,
) -> list[tuple[str, str]]:
    """The headers of an event, but for its number, which the relay adds."""
    result = [
        ("ce_specversion", "1.0"),
        ("ce_id", str(event_id)),
        ("ce_type", type_),
        ("ce_source", f"/{producer}"),
        ("ce_subject", key),
        ("ce_time", time.astimezone(UTC).isoformat(timespec="microseconds")),
        ("content-type", "application/protobuf"),
    ]
    result += [(f"ce_{name}", acting[name]) for name in _ATTRIBUTES if acting.get(name)]
    if outcome is not Outcome.DONE:
        result.append((_OUTCOME, outcome))
    if traceparent:
        result.append(("traceparent", traceparent))
    return result


def parse(topic: str, partition: int, offset: int, key: bytes | None, raw: Headers, value: bytes | None) -> Message:
    """The message in a Kafka record. Raises MalformedMessage."""
    try:
        found = {name: content.decode() for name, content in raw}
        number = found.get(NUMBER)
        return Message(
            topic=topic,
            partition=partition,
            offset=offset,
            key=(key or b"").decode(),
            headers=raw,
            value=value,
            event_id=UUID(found["ce_id"]),
            type=found["ce_type"],
            producer=found["ce_source"].removeprefix("/"),
            number=None if number is None else int(number),
            time=datetime.fromisoformat(found["ce_time"]),
            traceparent=found.get("traceparent", ""),
            actor=found.get("ce_actor", ""),
            organisation=found.get("ce_organisation", ""),
            country=found.get("ce_country", ""),
            purpose=found.get("ce_purpose", ""),
            permit=found.get("ce_permit", ""),
            outcome=found.get(_OUTCOME, Outcome.DONE),
        )
    except KeyError as error:
        raise MalformedMessage(f"the header {error.args[0]} is missing") from None
    except ValueError as error:
        raise MalformedMessage(f"a header is malformed: {type(error).__name__}") from None


def parse_body(body: EventBody) -> Message:
    """The event in the body of an audit entry, without its place in Kafka. Raises MalformedMessage."""
    return parse(body.topic, 0, 0, body.key, [(name, value or b"") for name, value in body.headers], body.value)
