"""The Faust app: one agent over the topics that the figures are made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import faust
from opentelemetry import trace

from insights.adapters.faust_kafka import ReadCommitted, broker_urls, credentials
from insights.entrypoints.effects import DATA_SETS, PROVIDERS, QUERIES
from insights.entrypoints.take_event import Record
from kit.events import topics
from kit.settings import KafkaSettings
from kit.telemetry.tracing import remote_context

# The Kafka group, and so where reading goes on. Never change it.
GROUP = "oncordia.insights.figures"
TOPICS = (PROVIDERS, DATA_SETS, QUERIES, topics.replays("insights"))

_tracer = trace.get_tracer("insights.stream")


def make_app(kafka: KafkaSettings, data_dir: Path, take: Callable[[Record], Awaitable[None]]) -> faust.App:
    """The app, not started. `take` gets every message, in the order of its partition, and must not raise."""
    datadir = data_dir / "faust"
    datadir.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        GROUP,
        broker=broker_urls(kafka),
        broker_credentials=credentials(kafka),
        # State is in PostgreSQL; Faust needs a directory all the same.
        store="memory://",
        datadir=datadir,
        consumer_auto_offset_reset="earliest",
        # After a crash the group waits so long before it deals out the partitions again; Faust's own default is 60 s.
        broker_session_timeout=10.0,
        # Topics are declared in one place of the kit, and Faust's own is of no use with one agent.
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
    )
    app.transport = ReadCommitted(app.conf.broker_consumer, app)
    stream_of = app.topic(
        *(topic.name for topic in TOPICS),
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
    )

    # With more than one, Faust commits past messages that are still being worked on.
    @app.agent(stream_of, name="figures", concurrency=1)
    async def figures(stream: faust.StreamT[bytes]) -> None:
        async for event in stream.events():
            await _in_span(_record(event.message), take)

    return app


async def _in_span(record: Record, take: Callable[[Record], Awaitable[None]]) -> None:
    """Like the kit's consumers: a span around the work, child of the span that created the message."""
    traceparent = dict(record.headers).get("traceparent", b"").decode(errors="replace")
    with _tracer.start_as_current_span(
        f"process {record.topic}",
        context=remote_context(traceparent),
        kind=trace.SpanKind.CONSUMER,
        attributes={"messaging.system": "kafka", "messaging.destination.name": record.topic},
    ):
        await take(record)


def _record(message: faust.types.tuples.Message) -> Record:
    headers = message.headers or ()
    return Record(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        headers=tuple(headers.items() if isinstance(headers, Mapping) else headers),
        value=message.value,
    )
