"""What an event of a node must be, so that the hub publishes it as it is.

A node speaks for itself alone: the event's id follows from its place in the node's log, and it names the provider, the
organisation and the country that the hub knows. Which query it is about and in which trace it stands is the node's
word.
"""

from __future__ import annotations

from dataclasses import dataclass

from federation.domain.provider import Provider
from kit.events import envelope, topics
from kit.events.envelope import MalformedMessage, Message
from kit.events.loggable import loggable_number
from kit.events.node_log import SALT_HEADER, event_id_of
from kit.events.outbox import Prepared
from kit.events.outcome import Outcome
from kit.events.payload import payload_of
from oncordia.events.v1 import node_pb2
from tlog.body import EventBody
from tlog.errors import FormatError
from tlog.record import SALT_SIZE, Salt, record_of

MAX_BODY_BYTES = 1024 * 1024
_MAX_RESOURCE = 200
_YEARS = range(2020, 2200)
_OUTCOMES = frozenset(Outcome)


@dataclass(frozen=True, slots=True)
class SentEvent:
    """An event as it came over the border."""

    body: bytes
    salt: bytes
    leaf: bytes


class Unacceptable(Exception):
    """Says why, without anything of the content."""


def checked(sent: SentEvent, provider: Provider, producer: str, number: int) -> Prepared:
    """The event at that place of the provider's log, to be published. Raises Unacceptable."""
    if len(sent.body) > MAX_BODY_BYTES:
        raise Unacceptable(f"its body has more than {MAX_BODY_BYTES:,} bytes")
    if len(sent.salt) != SALT_SIZE:
        raise Unacceptable(f"its salt has not {SALT_SIZE} bytes")
    try:
        body = EventBody.decode(sent.body)
        event = envelope.parse_body(body)
    except (FormatError, MalformedMessage) as error:
        raise Unacceptable(str(error)) from None
    except UnicodeDecodeError:
        raise Unacceptable("its key is not UTF-8") from None
    wrong = _wrong(event, body, provider, producer, number)
    if wrong is not None:
        raise Unacceptable(wrong)
    try:
        loggable_number(event)
    except MalformedMessage as error:
        raise Unacceptable(str(error)) from None
    record = record_of(event.event_id, producer, number, event.time, Salt(sent.salt), sent.body)
    if record.encode() != sent.leaf:
        raise Unacceptable("its leaf does not follow from its body and salt")
    *headers, _ = [(name, (content or b"").decode()) for name, content in body.headers]
    headers.append((SALT_HEADER, sent.salt.hex()))
    return Prepared(event.event_id, body.topic, event.key, headers, body.value, producer, number)


def _wrong(event: Message, body: EventBody, provider: Provider, producer: str, number: int) -> str | None:
    """What a node may not say of it, or None."""
    said = {
        "topic": (body.topic, topics.events("node").name),
        "producer": (event.producer, producer),
        "number": (event.number, number),
        "id": (event.event_id, event_id_of(producer, number)),
        "actor": (event.actor, provider.name),
        "organisation": (event.organisation, provider.organisation),
        "country": (event.country, provider.country),
    }
    for name, (found, expected) in said.items():
        if found != expected:
            return f"its {name} is not that of the log or its provider"
    names = [name for name, _ in body.headers]
    if names[-1] != envelope.NUMBER or len(set(names)) != len(names) or SALT_HEADER in names:
        return "its headers are not those of a node's event"
    if not 0 < len(event.key) <= _MAX_RESOURCE:
        return f"its key has not 1 to {_MAX_RESOURCE} characters"
    if event.time.tzinfo is None or event.time.year not in _YEARS:
        return "its time can't be"
    if event.outcome not in _OUTCOMES:
        return "its outcome is unknown"
    payload = payload_of(event.type, event.value)
    if payload is None or payload.DESCRIPTOR.file.name != node_pb2.DESCRIPTOR.name:
        return "its type is none of a node's"
    return None
