"""The consumer loop: the effect of messages and the offset behind them are committed in one transaction.

Kafka's group only deals out the partitions. Where to read on is in PostgreSQL: a commit goes through only while the
stored offset and the stored owner are the expected ones, so a consumer that was ousted can't take anything twice.
Kafka's own group offset is a mirror, for lag tools.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError
from google.protobuf.message import DecodeError
from opentelemetry import trace
from sqlalchemy import text

from kit.database.engine import Database, Transaction, is_passing
from kit.errors import InvalidInput
from kit.events import envelope
from kit.events.dead_letters import DeadLetters
from kit.events.envelope import MalformedMessage, Message
from kit.events.kafka import connection
from kit.events.kept import Loss, losses
from kit.events.topics import Topic
from kit.settings import KafkaSettings
from kit.telemetry import metrics
from kit.telemetry.log import logger
from kit.telemetry.tracing import remote_context

_log = logger(__name__)
_tracer = trace.get_tracer("kit.events")

# One message's effect, in the transaction that also commits its offset.
Handler = Callable[[Transaction, Message], Awaitable[None]]
# A whole batch's effect, for who can do better at once. Messages of a partition are in the order of their offsets.
BatchHandler = Callable[[Transaction, Sequence[Message]], Awaitable[None]]
# Whether messages of a key are for this consumer at all.
Wanted = Callable[[str], bool]

BATCH = 500
RETRY_SECONDS = 0.5
MIRROR_SECONDS = 5.0
# How soon a topic that was made anew, or got more partitions, is noticed.
METADATA_MILLISECONDS = 30_000

_CLAIM = text(
    """INSERT INTO consumer_offsets (consumer, topic, partition, next_offset, owner)
       VALUES (:consumer, :topic, :partition, 0, :owner)
       ON CONFLICT (consumer, topic, partition) DO UPDATE SET owner = :owner RETURNING next_offset"""
)
_ADVANCE = text(
    """UPDATE consumer_offsets SET next_offset = :next
       WHERE consumer = :consumer AND topic = :topic AND partition = :partition
         AND next_offset = :expected AND owner = :owner"""
)

# What makes a message poison: it can't be taken now and never will be.
POISON = (MalformedMessage, DecodeError, InvalidInput)


class Ousted(Exception):
    """Another consumer has the partition now; what was not committed here is its work."""


class Halted(Exception):
    """A message can't be taken, or is gone, and must not be skipped."""


def one_by_one(handler: Handler) -> BatchHandler:
    """Each message by itself, in its own span."""

    async def handle(transaction: Transaction, messages: Sequence[Message]) -> None:
        for message in messages:
            with consumer_span(message):
                await handler(transaction, message)

    return handle


def consumer_span(message: Message) -> AbstractContextManager[trace.Span]:
    """The span of a message's effect, child of the span that created the message."""
    return _tracer.start_as_current_span(
        f"process {message.topic}",
        context=remote_context(message.traceparent),
        kind=trace.SpanKind.CONSUMER,
        attributes={"messaging.system": "kafka", "messaging.destination.name": message.topic},
    )


class Consumer:
    """Reads topics for one purpose. `name` is the Kafka group and the key of the stored offsets: never change it.

    With `dead_letters` it also takes those of its own that are replayed. Without, nothing is ever skipped: a message
    that can't be taken, or that Kafka no longer keeps, halts the consumer, loudly. Such a consumer takes all partitions
    of a fetch in one transaction.

    `alone`: whoever runs it has made sure that it is the only one (by an advisory lock), so it takes every partition
    at once, and need not wait until Kafka's group has given up a member that was killed.

    `wanted`: messages of other keys are passed over. A batch of nothing else costs no transaction; where to read on is
    then stored with the next message that is wanted, or after MIRROR_SECONDS.
    """

    def __init__(
        self,
        name: str,
        topics: Sequence[Topic],
        handler: BatchHandler,
        database: Database,
        kafka: KafkaSettings,
        dead_letters: DeadLetters | None,
        *,
        batch: int = BATCH,
        alone: bool = False,
        wanted: Wanted | None = None,
    ) -> None:
        self._name = name
        self._topics = topics
        self._handler = handler
        self._database = database
        self._kafka = kafka
        self._dead_letters = dead_letters
        self._batch = batch
        self._alone = alone
        self._wanted = wanted
        self._owner: UUID = uuid4()
        self._expected: dict[TopicPartition, int] = {}
        self._passed: dict[TopicPartition, int] = {}
        self._mirrored = 0.0
        self._lost: Halted | None = None
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Consumes until cancelled. Raises Halted; passing trouble with Kafka or PostgreSQL only delays it."""
        while True:
            try:
                await self._consume()
            except (asyncio.CancelledError, Halted):
                raise
            except Ousted:
                _log.warning("consumer was ousted, joining again", consumer=self._name)
            except Exception as error:
                if isinstance(error, KafkaError) or is_passing(error):
                    _log.warning("consumer waits", consumer=self._name, error=type(error).__name__)
                else:
                    _log.exception("consumer failed, trying again", consumer=self._name)
                metrics.CONSUMER_RETRIES.labels(self._topics[0].name).inc()
                await asyncio.sleep(RETRY_SECONDS)

    async def _consume(self) -> None:
        consumer = AIOKafkaConsumer(
            **connection(self._kafka),
            group_id=None if self._alone else f"oncordia.{self._name}",
            group_instance_id=None if self._alone else self._kafka.instance,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_partition_fetch_bytes=4 * 1024 * 1024,
            metadata_max_age_ms=METADATA_MILLISECONDS,
        )
        self._owner = uuid4()
        self._expected = {}
        self._passed = {}
        listener = None if self._alone else _Assignment(self, consumer)
        replays = [] if self._dead_letters is None else [self._dead_letters.replays]
        consumer.subscribe([topic.name for topic in [*self._topics, *replays]], listener=listener)
        try:
            await consumer.start()
            if self._alone:
                await self.claim(list(consumer.assignment()), consumer)
            while True:
                if self._lost is not None:
                    raise self._lost
                try:
                    records = await consumer.getmany(timeout_ms=1000, max_records=self._batch)
                except (NoOffsetForPartitionError, OffsetOutOfRangeError) as error:
                    if self._is_ours(error):
                        raise
                    continue
                if self._dead_letters is None and records:
                    await self._take_together(records)
                else:
                    for partition, batch in records.items():
                        await self.take(partition, batch)
                await self._mirror(consumer)
        finally:
            self.ready.clear()
            with contextlib.suppress(Exception):
                await asyncio.wait_for(consumer.stop(), timeout=5)

    def _is_ours(self, error: KafkaError) -> bool:
        """Whether it is about an offset that this consumer asked for.

        aiokafka begins a partition that the group has just given at the mirrored offset, if there is any; `claim` seeks
        to the stored one a moment later.
        """
        if self._alone:
            return True
        asked = error.args[0] if isinstance(error, OffsetOutOfRangeError) else {}
        return any(self._expected.get(partition) == offset for partition, offset in asked.items())

    async def claim(self, partitions: Sequence[TopicPartition], consumer: AIOKafkaConsumer) -> None:
        """Makes this consumer the owner of the partitions and seeks to their stored offsets."""
        following: dict[TopicPartition, int] = {}
        async with self._database.transaction() as transaction:
            for partition in sorted(partitions):
                stored = await transaction.execute(
                    _CLAIM,
                    {
                        "consumer": self._name,
                        "topic": partition.topic,
                        "partition": partition.partition,
                        "owner": self._owner,
                    },
                )
                following[partition] = stored.scalar_one()
        for loss in await losses(consumer, following):
            following[loss.partition] = await self._go_on_behind(loss)
        for partition, offset in following.items():
            consumer.seek(partition, offset)
        self._expected |= following
        self.ready.set()

    async def _go_on_behind(self, loss: Loss) -> int:
        """Where to go on with what is left, once it is said what is not. Halts instead if nothing may be skipped."""
        if self._dead_letters is None:
            _log.error("halted: messages are lost", consumer=self._name, loss=str(loss))
            self._lost = Halted(f"{self._name}: {loss}")
            return loss.following
        # What was never taken from was never promised.
        if loss.following > 0:
            _log.error("messages are lost", consumer=self._name, loss=str(loss))
            metrics.LOST.labels(loss.partition.topic).inc(loss.messages or 1)
        async with self._database.transaction() as transaction:
            await self._advance(transaction, loss.partition, loss.following, loss.first)
        return loss.first

    async def _take_together(self, records: dict[TopicPartition, list[ConsumerRecord]]) -> None:
        """All partitions in one transaction. If that has a poison message, each by itself, to name the message."""
        left = {partition: self._not_taken(partition, batch) for partition, batch in records.items()}
        records = {partition: batch for partition, batch in left.items() if batch}
        if not records:
            return
        expected = dict(self._expected)
        try:
            async with self._database.transaction() as transaction:
                for partition, batch in records.items():
                    await self._advance(transaction, partition, expected[partition], batch[-1].offset + 1)
                messages = [_message(record) for batch in records.values() for record in batch]
                await self._handler(transaction, messages)
        except POISON:
            for partition, batch in records.items():
                await self.take(partition, batch)
            return
        for partition, batch in records.items():
            self._expected[partition] = batch[-1].offset + 1
            metrics.CONSUMED.labels(partition.topic).inc(len(batch))

    async def take(self, partition: TopicPartition, records: Sequence[ConsumerRecord]) -> None:
        """Takes what was fetched of a partition and has not been taken meanwhile. Raises Ousted."""
        records = self._not_taken(partition, records)
        if not records:
            return
        expected = self._expected[partition]
        following = records[-1].offset + 1
        if not any(self._wants(record) for record in records):
            self._passed[partition] = following
            return
        try:
            async with self._database.transaction() as transaction:
                await self._advance(transaction, partition, expected, following)
                await self._handle(transaction, records)
        except POISON:
            await self._take_apart(partition, expected, records)
        self._expected[partition] = following
        self._passed.pop(partition, None)
        metrics.CONSUMED.labels(partition.topic).inc(len(records))

    def _not_taken(self, partition: TopicPartition, records: Sequence[ConsumerRecord]) -> list[ConsumerRecord]:
        """What is left of a fetch. Of one that was begun before the partition was given anew, the first part may have
        been taken since: by another consumer, or by this one from an earlier fetch. Raises Ousted if the partition has
        gone."""
        if partition not in self._expected:
            raise Ousted
        return [record for record in records if record.offset >= self._expected[partition]]

    def _wants(self, record: ConsumerRecord) -> bool:
        return self._wanted is None or self._is_replay(record) or self._wanted((record.key or b"").decode())

    def _is_replay(self, record: ConsumerRecord) -> bool:
        return self._dead_letters is not None and bool(record.topic == self._dead_letters.replays.name)

    async def _handle(self, transaction: Transaction, records: Sequence[ConsumerRecord]) -> None:
        letters = self._dead_letters
        if letters is None or not self._is_replay(records[0]):
            if wanted := [_message(record) for record in records if self._wants(record)]:
                await self._handler(transaction, wanted)
            return
        for record in records:
            message = await letters.returned(transaction, self._name, record)
            if message is not None:
                _log.info("taking a dead letter", consumer=self._name, event_id=str(message.event_id))
                await self._handler(transaction, [message])
                metrics.REPLAYED.labels(message.topic).inc()

    async def _take_apart(self, partition: TopicPartition, expected: int, records: Sequence[ConsumerRecord]) -> None:
        """The batch has a poison message: take each by itself, and put what can't be taken aside."""
        for record in records:
            poison: Exception
            try:
                async with self._database.transaction() as transaction:
                    await self._advance(transaction, partition, expected, record.offset + 1)
                    await self._handle(transaction, [record])
            except POISON as error:
                poison = error
            else:
                expected = record.offset + 1
                continue
            await self._put_aside(partition, expected, record, poison)
            expected = record.offset + 1

    async def _put_aside(
        self, partition: TopicPartition, expected: int, record: ConsumerRecord, poison: Exception
    ) -> None:
        place = f"{record.topic}/{record.partition}@{record.offset}"
        reason = type(poison).__name__
        if self._dead_letters is None:
            _log.error("halted: a message can't be taken", consumer=self._name, place=place, reason=reason)
            raise Halted(f"{self._name} can't take the message at {place}: {poison}") from poison
        self._dead_letters.check_limit(self._name)
        async with self._database.transaction() as transaction:
            await self._advance(transaction, partition, expected, record.offset + 1)
            await self._dead_letters.put(transaction, self._name, record, poison)
        metrics.DEAD_LETTERS.labels(record.topic, reason).inc()
        _log.error("message put aside", consumer=self._name, place=place, reason=reason)

    async def _advance(
        self, transaction: Transaction, partition: TopicPartition, expected: int, following: int
    ) -> None:
        done = await transaction.execute(
            _ADVANCE,
            {
                "consumer": self._name,
                "topic": partition.topic,
                "partition": partition.partition,
                "expected": expected,
                "next": following,
                "owner": self._owner,
            },
        )
        if done.rowcount != 1:
            raise Ousted

    async def _mirror(self, consumer: AIOKafkaConsumer) -> None:
        now = asyncio.get_running_loop().time()
        if self._alone or now - self._mirrored < MIRROR_SECONDS or not self._expected:
            return
        self._mirrored = now
        await self._store_passed()
        with contextlib.suppress(KafkaError):
            await consumer.commit({p: offset for p, offset in self._expected.items() if p in consumer.assignment()})

    async def _store_passed(self) -> None:
        """What was passed over is not read again after a restart, and shows as no lag."""
        if not self._passed:
            return
        async with self._database.transaction() as transaction:
            for partition, following in self._passed.items():
                await self._advance(transaction, partition, self._expected[partition], following)
        self._expected |= self._passed
        self._passed.clear()


class _Assignment(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    def __init__(self, owner: Consumer, consumer: AIOKafkaConsumer) -> None:
        self._owner = owner
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        for partition in revoked:
            self._owner._expected.pop(partition, None)
            self._owner._passed.pop(partition, None)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        await self._owner.claim(list(assigned), self._consumer)


def _message(record: ConsumerRecord) -> Message:
    return envelope.parse(record.topic, record.partition, record.offset, record.key, record.headers, record.value)
