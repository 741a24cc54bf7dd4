"""From a committed outbox row to a committed effect, through the real Kafka and the real PostgreSQL."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Sequence
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from sqlalchemy import text

from kit.clock import SystemClock
from kit.database.engine import Database, Transaction
from kit.database.notify import Listener
from kit.errors import InvalidInput
from kit.events import envelope, topics
from kit.events.consumer import Consumer, Halted, one_by_one
from kit.events.dead_letters import DeadLetters
from kit.events.envelope import Message
from kit.events.kafka import connection
from kit.events.outbox import MAX_PAYLOAD_BYTES, NOBODY, Outbox
from kit.events.relay import Relay
from kit.events.topics import MAX_MESSAGE_BYTES, Topic
from kit.settings import KafkaSettings
from kit.telemetry import metrics
from oncordia.events.v1 import federation_pb2
from tests.world import until

# A topic of the real list that no other test of this session writes to.
TOPIC = topics.events("insights")


@contextlib.asynccontextmanager
async def running(*jobs: Awaitable[None]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


class Effects:
    """Writes what it is given into a table, in the consumer's transaction."""

    def __init__(self, database: Database, producer: str) -> None:
        self._database = database
        self._producer = producer

    async def create(self) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(text("CREATE TABLE effects (event_id uuid, number bigint, key text)"))

    async def __call__(self, transaction: Transaction, message: Message) -> None:
        if message.producer != self._producer:
            return
        await transaction.execute(
            text("INSERT INTO effects VALUES (:id, :number, :key)"),
            {"id": message.event_id, "number": message.number, "key": message.key},
        )

    async def rows(self) -> Sequence[tuple[str, int, str]]:
        async with self._database.transaction() as transaction:
            found = await transaction.execute(text("SELECT event_id::text, number, key FROM effects"))
            return [tuple(row) for row in found.all()]


async def publish(database: Database, outbox: Outbox, producer: str, keys: Sequence[str]) -> None:
    for key in keys:
        async with database.transaction() as transaction:
            await outbox.add_event(
                transaction, TOPIC, key, federation_pb2.InvitationCreated(provider=key), NOBODY, producer=producer
            )


async def test_every_committed_event_takes_effect_once_and_is_numbered_without_gaps(
    database: Database, kafka_settings: KafkaSettings, service: str
) -> None:
    producer, many = f"p-{uuid4().hex[:8]}", 300
    outbox, listener, effects = Outbox(service, SystemClock()), Listener(database), Effects(database, producer)
    await effects.create()
    relay = Relay(service, database, kafka_settings, listener)
    consumer = Consumer(producer, [TOPIC], one_by_one(effects), database, kafka_settings, None)
    async with running(relay.run(), listener.run(), consumer.run()):
        writers = (publish(database, outbox, producer, [f"k{i}"] * (many // 6)) for i in range(6))
        await asyncio.gather(*writers)

        async def arrived() -> bool:
            return len(await effects.rows()) >= many

        await until(arrived)
    rows = await effects.rows()
    assert sorted(number for _, number, _ in rows) == list(range(1, many + 1))
    assert len({event_id for event_id, _, _ in rows}) == many


async def test_a_relay_that_loses_its_lock_at_work_leaves_no_gap(
    database: Database, kafka_settings: KafkaSettings, service: str
) -> None:
    producer, many = f"p-{uuid4().hex[:8]}", 200
    outbox, listener, effects = Outbox(service, SystemClock()), Listener(database), Effects(database, producer)
    await effects.create()
    relays = [Relay(service, database, kafka_settings, listener) for _ in range(2)]
    consumer = Consumer(producer, [TOPIC], one_by_one(effects), database, kafka_settings, None)
    async with running(*(relay.run() for relay in relays), listener.run(), consumer.run()):
        for part in range(1, 5):
            await publish(database, outbox, producer, ["k"] * (many // 4))

            async def begun(part: int = part) -> bool:
                return len(await effects.rows()) > (part - 1) * many // 4

            await until(begun)
            await until(lambda: is_ended_who_holds_the_lock(database))

        async def arrived() -> bool:
            return len({event_id for event_id, _, _ in await effects.rows()}) >= many

        await until(arrived, 60)
    assert {number for _, number, _ in await effects.rows()} == set(range(1, many + 1))


async def is_ended_who_holds_the_lock(database: Database) -> bool:
    async with database.transaction() as transaction:
        ended = await transaction.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        )
        return ended.rowcount == 1


async def test_what_kafka_turns_away_is_not_taken_for_sent(
    database: Database, kafka_settings: KafkaSettings, service: str
) -> None:
    producer = f"p-{uuid4().hex[:8]}"
    outbox, listener, effects = Outbox(service, SystemClock()), Listener(database), Effects(database, producer)
    await effects.create()
    relay = Relay(service, database, kafka_settings, listener)
    consumer = Consumer(producer, [TOPIC], one_by_one(effects), database, kafka_settings, None)
    async with running(relay.run(), listener.run(), consumer.run()):
        async with that_takes_at_most(kafka_settings, TOPIC, 100):
            failed = metrics.RELAY_RETRIES._value.get()
            await publish(database, outbox, producer, ["first", "second"])

            async def tried() -> bool:
                return bool(metrics.RELAY_RETRIES._value.get() > failed)

            await until(tried)

            async def shown() -> bool:
                return bool(metrics.OUTBOX_UNSENT._value.get() == 2)

            await until(shown)
            assert await effects.rows() == []

        async def arrived() -> bool:
            return len(await effects.rows()) == 2

        await until(arrived)
    assert [(number, key) for _, number, key in await effects.rows()] == [(1, "first"), (2, "second")]


@contextlib.asynccontextmanager
async def that_takes_at_most(settings: KafkaSettings, topic: Topic, most_bytes: int) -> AsyncIterator[None]:
    """The topic with another limit for the block."""
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()

    async def set_limit(number: int) -> None:
        configs = {**topic.config(), "max.message.bytes": str(number)}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name, configs)])

    try:
        await set_limit(most_bytes)
        yield
    finally:
        await set_limit(MAX_MESSAGE_BYTES)
        await admin.close()


async def test_the_largest_message_arrives_and_a_larger_one_is_refused_before_it_is_committed(
    database: Database, kafka_settings: KafkaSettings, service: str
) -> None:
    producer = f"p-{uuid4().hex[:8]}"
    outbox, listener, effects = Outbox(service, SystemClock()), Listener(database), Effects(database, producer)
    await effects.create()
    relay = Relay(service, database, kafka_settings, listener)
    consumer = Consumer(producer, [TOPIC], one_by_one(effects), database, kafka_settings, None)
    async with running(relay.run(), listener.run(), consumer.run()):
        largest = federation_pb2.InvitationCreated(provider="x" * (MAX_PAYLOAD_BYTES - 5))
        assert largest.ByteSize() == MAX_PAYLOAD_BYTES
        async with database.transaction() as transaction:
            await outbox.add_event(transaction, TOPIC, "largest", largest, NOBODY, producer=producer)
        largest.provider += "x"
        with pytest.raises(InvalidInput, match="larger: takes 10,420,225 bytes; a message may have 10,420,224"):
            async with database.transaction() as transaction:
                await outbox.add_event(transaction, TOPIC, "larger", largest, NOBODY, producer=producer)

        async def arrived() -> bool:
            return len(await effects.rows()) == 1

        await until(arrived)


async def test_a_rolled_back_transaction_publishes_nothing(
    database: Database, kafka_settings: KafkaSettings, service: str
) -> None:
    outbox = Outbox(service, SystemClock())

    async def fail() -> None:
        async with database.transaction() as transaction:
            await outbox.add_event(transaction, TOPIC, "k", federation_pb2.InvitationCreated(), NOBODY)
            raise ValueError

    with pytest.raises(ValueError):
        await fail()
    async with database.transaction() as transaction:
        assert (await transaction.execute(text("SELECT count(*) FROM outbox"))).scalar_one() == 0


async def test_what_was_fetched_before_another_consumer_took_it_is_not_taken_again(
    database: Database, kafka_settings: KafkaSettings
) -> None:
    consumer_name, producer = f"c-{uuid4().hex[:8]}", f"p-{uuid4().hex[:8]}"
    effects, partition = Effects(database, producer), TopicPartition(TOPIC.name, 0)
    await effects.create()
    fetched = [record(partition, offset, producer) for offset in (4, 5, 6)]
    one, other = (
        Consumer(consumer_name, [TOPIC], one_by_one(effects), database, kafka_settings, None) for _ in range(2)
    )
    async with AIOKafkaConsumer(bootstrap_servers=kafka_settings.bootstrap) as kafka:
        kafka.assign([partition])
        for consumer in (one, other):
            await consumer.claim([partition], kafka)
        await other.take(partition, fetched)
        await one.claim([partition], kafka)
        await one.take(partition, fetched)
        assert len(await effects.rows()) == 3
        # A fetch that begins before what was taken, and ends after it.
        await one.take(partition, [*fetched, record(partition, 9, producer)])
    assert [number for _, number, _ in await effects.rows()] == [4, 5, 6, 9]


async def test_messages_that_are_not_wanted_cost_no_transaction_and_are_not_read_again(
    database: Database, kafka_settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, producer, partition = f"c-{uuid4().hex[:8]}", f"p-{uuid4().hex[:8]}", TopicPartition(TOPIC.name, 0)
    effects, letters = Effects(database, producer), DeadLetters("insights")
    await effects.create()

    def consumer() -> Consumer:
        handler = one_by_one(effects)
        return Consumer(name, [TOPIC], handler, database, kafka_settings, letters, wanted=lambda key: key == "mine")

    async def stored() -> int:
        async with database.transaction() as transaction:
            found = await transaction.execute(
                text("SELECT sum(next_offset) FROM consumer_offsets WHERE consumer = :name AND topic = :topic"),
                {"name": name, "topic": TOPIC.name},
            )
            return int(found.scalar_one() or 0)

    one = consumer()
    async with AIOKafkaConsumer(bootstrap_servers=kafka_settings.bootstrap) as kafka:
        kafka.assign([partition])
        await one.claim([partition], kafka)
        await one.take(partition, [record(partition, offset, producer) for offset in (0, 1)])
        assert (len(await effects.rows()), await stored()) == (0, 0)
        await one.take(partition, [record(partition, 2, producer), record(partition, 3, producer, "mine")])
        assert (len(await effects.rows()), await stored()) == (1, 4)
        await one.take(partition, [record(partition, 4, producer)])
        assert await stored() == 4

    monkeypatch.setattr("kit.events.consumer.MIRROR_SECONDS", 0.1)
    kafka_end = await ends(kafka_settings)
    async with database.transaction() as transaction:
        await transaction.execute(text("DELETE FROM consumer_offsets WHERE consumer = :name"), {"name": name})
    await publish(database, Outbox("kit_test", SystemClock()), producer, ["other"] * 5)
    relay = Relay("kit_test", database, kafka_settings, Listener(database))
    async with running(relay.run(), consumer().run()):

        async def passed() -> bool:
            return await stored() >= kafka_end

        await until(passed)
    assert len(await effects.rows()) == 1


async def ends(settings: KafkaSettings) -> int:
    """Where the topic's partitions end, added up."""
    async with AIOKafkaConsumer(bootstrap_servers=settings.bootstrap) as kafka:
        partitions = [TopicPartition(TOPIC.name, number) for number in range(TOPIC.partitions)]
        return sum((await kafka.end_offsets(partitions)).values())


def record(partition: TopicPartition, offset: int, producer: str, key: str = "k") -> ConsumerRecord:
    headers = envelope.headers(
        event_id=uuid4(),
        type_="test",
        producer=producer,
        key=key,
        time=SystemClock().now(),
        traceparent="",
        acting={},
    )
    raw = [(name, content.encode()) for name, content in headers] + [("ce_producerseq", str(offset).encode())]
    return ConsumerRecord(partition.topic, partition.partition, offset, 0, 0, key.encode(), b"", None, 0, 0, raw)


async def test_a_poison_message_goes_to_the_dead_letters_and_the_rest_goes_on(
    database: Database, kafka_settings: KafkaSettings
) -> None:
    service, producer = "insights", f"p-{uuid4().hex[:8]}"
    outbox, listener, effects = Outbox(service, SystemClock()), Listener(database), Effects(database, producer)
    await effects.create()

    async def picky(transaction: Transaction, message: Message) -> None:
        await effects(transaction, message)
        if message.producer == producer and message.key == "bad":
            raise InvalidInput.of("key", "is bad")

    relay = Relay(service, database, kafka_settings, listener)
    dead = DeadLetters(service)
    consumer = Consumer(producer, [TOPIC], one_by_one(picky), database, kafka_settings, dead)
    await publish(database, outbox, producer, ["a", "bad", "b", "c"])
    async with running(relay.run(), listener.run(), consumer.run()):

        async def arrived() -> bool:
            return len(await effects.rows()) >= 3

        await until(arrived)
    assert sorted(key for _, _, key in await effects.rows()) == ["a", "b", "c"]
    async with database.transaction() as transaction:
        letters = await transaction.execute(
            text("SELECT headers FROM outbox WHERE topic = :topic"), {"topic": topics.dead_letters(service).name}
        )
        (headers,) = letters.scalars().all()
    assert "key: is bad" in dict(headers)["oncordia-reason"]


async def test_a_consumer_that_must_not_skip_halts_and_says_where(
    database: Database, kafka_settings: KafkaSettings, service: str
) -> None:
    producer = f"p-{uuid4().hex[:8]}"
    outbox, listener = Outbox(service, SystemClock()), Listener(database)

    async def refuse(_transaction: Transaction, message: Message) -> None:
        if message.producer == producer:
            raise InvalidInput.of("key", "is bad")

    relay = Relay(service, database, kafka_settings, listener)
    consumer = Consumer(producer, [TOPIC], one_by_one(refuse), database, kafka_settings, None)
    await publish(database, outbox, producer, ["k"])
    async with running(relay.run(), listener.run()):
        with pytest.raises(Halted, match=rf"{TOPIC.name}/\d+@\d+"):
            await asyncio.wait_for(consumer.run(), timeout=30)
