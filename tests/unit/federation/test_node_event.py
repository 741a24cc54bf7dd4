"""The hub publishes of a node only what the node may say, and what the audit log can take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from audit_log.entrypoints.events import event_of
from federation.application.node_event import SentEvent, Unacceptable, checked
from federation.domain.provider import Provider, new_provider
from kit.events import envelope
from kit.events.node_log import NodeActor, body_of, producer_of
from kit.events.outbox import Prepared
from kit.events.outcome import Outcome
from oncordia.events.v1 import node_pb2, query_pb2
from tlog.body import EventBody, Header
from tlog.record import Salt, record_of

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SALT = Salt(bytes(range(32)))
PRODUCER = producer_of("providers/lisboa", "0" * 32)
INGESTED = node_pb2.DataIngested(epoch="e", opened=True)


def provider() -> Provider:
    return new_provider("providers/lisboa", "Lisboa (invented)", "PT", "demo-lisboa", NOW)


def body(
    *,
    actor: NodeActor | None = None,
    producer: str = PRODUCER,
    number: int = 7,
    time: datetime = NOW,
    type_: str = INGESTED.DESCRIPTOR.full_name,
    resource: str = "providers/lisboa",
    payload: bytes = INGESTED.SerializeToString(),
) -> EventBody:
    return body_of(
        actor or NodeActor("providers/lisboa", "demo-lisboa", "PT"),
        producer,
        number,
        time=time,
        type_=type_,
        resource=resource,
        purpose="",
        outcome=Outcome.DONE,
        traceparent="",
        payload=payload,
    )


def sent(event: EventBody) -> SentEvent:
    parsed = envelope.parse_body(event)
    leaf = record_of(parsed.event_id, parsed.producer, parsed.number or 0, parsed.time, SALT, event.encode())
    return SentEvent(event.encode(), SALT, leaf.encode())


def published(prepared: Prepared) -> envelope.Message:
    """What the audit log reads of it from Kafka."""
    raw = [(name, content.encode()) for name, content in prepared.headers]
    raw.append((envelope.NUMBER, str(prepared.number).encode()))
    return envelope.parse(prepared.topic, 0, 0, prepared.key.encode(), raw, prepared.value)


def test_an_event_of_a_node_gets_the_same_leaf_in_the_audit_log_as_in_the_nodes() -> None:
    event = sent(body())
    logged = event_of(published(checked(event, provider(), PRODUCER, 7)))
    assert logged.body == event.body
    assert logged.salt == SALT
    assert logged.leaf(SALT) == event.leaf


@pytest.mark.parametrize(
    ("event", "wrong"),
    [
        (lambda: body(actor=NodeActor("providers/porto", "demo-lisboa", "PT")), "its actor"),
        (lambda: body(actor=NodeActor("providers/lisboa", "demo-porto", "PT")), "its organisation"),
        (lambda: body(actor=NodeActor("providers/lisboa", "demo-lisboa", "ES")), "its country"),
        (lambda: body(producer="query_broker"), "its producer"),
        (lambda: body(producer=producer_of("providers/porto", "0" * 32)), "its producer"),
        (lambda: body(producer=producer_of("providers/lisboa", "1" * 32)), "its producer"),
        (lambda: body(number=8), "its number"),
        (lambda: replace(body(), topic="oncordia.query.events.v1"), "its topic"),
        (lambda: body(type_=query_pb2.CohortQueryCompleted.DESCRIPTOR.full_name), "its type"),
        (lambda: body(type_="oncordia.events.v1.Nothing"), "its type"),
        (lambda: body(payload=b"\xff"), "its type"),
        (lambda: body(resource=""), "its key"),
        (lambda: body(resource="x" * 201), "its key"),
        (lambda: body(resource="a\0b"), "NUL"),
        (lambda: body(time=datetime(9999, 1, 1, tzinfo=UTC)), "its time"),
        (lambda: with_header(body(), "ce_id", b"00000000-0000-5000-8000-000000000000"), "its id"),
        (lambda: with_header(body(), "ce_salt", bytes(32).hex().encode(), at=0), "its headers"),
        (lambda: with_header(body(), "ce_outcome", b"splendid", at=0), "its outcome"),
        (lambda: with_header(body(), "ce_subject", b"again", at=0), "its headers"),
        (lambda: with_header(body(), "later", b""), "its headers"),
        (lambda: with_header(body(), "ce_time", b"2026-11-25T00:00:00"), "its time"),
    ],
)
def test_a_node_speaks_for_itself_alone_and_says_nothing_that_would_halt_the_audit_log(
    event: Callable[[], EventBody], wrong: str
) -> None:
    made = event()
    # Its leaf is as good as it can be, so that only what is tried is wrong.
    sent_event = SentEvent(made.encode(), SALT, sent(body()).leaf)
    with pytest.raises(Unacceptable, match=wrong):
        checked(sent_event, provider(), PRODUCER, 7)


@pytest.mark.parametrize("part", ["body", "salt", "leaf"])
def test_body_salt_and_leaf_that_do_not_fit_each_other_are_not_taken(part: str) -> None:
    event = sent(body())
    changes = {"body": event.body[:-1] + b"\x00", "salt": bytes(32), "leaf": event.leaf[:-1] + b"\x00"}
    changed = replace(event, **{part: changes[part]})
    with pytest.raises(Unacceptable):
        checked(changed, provider(), PRODUCER, 7)


def test_what_is_no_event_at_all_is_told_without_its_content() -> None:
    for junk in (b"", b"\x01secret", b"\x02" + b"secret" * 20, sent(body()).body + b"secret"):
        with pytest.raises(Unacceptable) as told:
            checked(SentEvent(junk, SALT, b""), provider(), PRODUCER, 7)
        assert "secret" not in str(told.value)


def with_header(event: EventBody, name: str, value: bytes, at: int | None = None) -> EventBody:
    """With a header set, or put in at a place; unless it is there, at the end."""
    headers = list(event.headers)
    places = [place for place, header in enumerate(headers) if header.name == name]
    if at is not None:
        headers.insert(at, Header(name, value))
    elif places:
        headers[places[0]] = Header(name, value)
    else:
        headers.append(Header(name, value))
    return replace(event, headers=tuple(headers))
