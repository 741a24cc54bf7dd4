"""What a node and the hub must agree on, so that an act of the node has the same leaf in both logs.

A node writes each of its acts as an event into a log of its own, and sends the hub the event's body and salt. The hub
publishes it as it is, with the salt beside it, and the audit log takes that salt: so leaves can be compared, which are
public, and nobody needs to be shown a body to see that two logs tell the same.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.events import envelope
from kit.events.outcome import Outcome
from kit.events.topics import events
from tlog.body import EventBody, Header
from tlog.errors import FormatError
from tlog.record import SALT_SIZE, Salt

SALT_HEADER: Final = "ce_salt"
"""Carries the salt in hexadecimal from federation to the audit log. It is not part of the body."""

MAX_EVENTS: Final = 500
"""Events that a node sends together, at most."""

_NAMESPACE: Final = uuid.UUID("b4b0a2b5-9d5e-5d7f-8a53-2f6f0c6f0d8e")


@dataclass(frozen=True, slots=True)
class NodeActor:
    """Who acts: `providers/{id}`, with the organisation and country that it is registered with."""

    provider: str
    organisation: str
    country: str


def producer_of(provider: str, log: str) -> str:
    """The producer of the events of a provider's log: `providers/{id}/logs/{log}`."""
    return f"{provider}/logs/{log}"


def event_id_of(producer: str, number: int) -> uuid.UUID:
    """Follows from the place, so that a node can take nobody else's id, and none twice (RFC 9562, UUID version 5)."""
    return uuid.uuid5(_NAMESPACE, f"{producer}/{number}")


def body_of(
    actor: NodeActor,
    producer: str,
    number: int,
    *,
    time: datetime,
    type_: str,
    resource: str,
    purpose: str,
    outcome: Outcome,
    traceparent: str,
    payload: bytes,
) -> EventBody:
    """The event as it is published. Raises FormatError for what no body can hold."""
    headers = envelope.headers(
        event_id=event_id_of(producer, number),
        type_=type_,
        producer=producer,
        key=resource,
        time=time,
        traceparent=traceparent,
        acting={
            "actor": actor.provider,
            "organisation": actor.organisation,
            "country": actor.country,
            "purpose": purpose,
        },
        outcome=outcome,
    )
    headers.append((envelope.NUMBER, str(number)))
    named = tuple(Header(name, content.encode()) for name, content in headers)
    return EventBody(events("node").name, resource.encode(), named, payload)


def salt_of(hexadecimal: str) -> Salt:
    """Raises FormatError."""
    try:
        salt = bytes.fromhex(hexadecimal)
    except ValueError:
        raise FormatError("salt is not hexadecimal") from None
    if len(salt) != SALT_SIZE:
        raise FormatError(f"salt has {len(salt)} bytes, not {SALT_SIZE}")
    return Salt(salt)
