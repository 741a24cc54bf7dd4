"""Consumers come and go while messages arrive: each message takes effect once."""

import asyncio
import random
from collections.abc import Sequence
from functools import partial
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer
from sqlalchemy import text

from kit.database.engine import Database, Transaction
from kit.events.consumer import Consumer
from kit.events.dead_letters import DeadLetters
from kit.events.envelope import Message
from kit.events.kafka import apply_topics, connection
from kit.events.topics import Kind, Topic
from kit.settings import KafkaSettings
from tests.integration.kit.raw_messages import raw_headers
from tests.world import until

MESSAGES = 10_000
PARTITIONS = 12
CONSUMERS = 4
RESTARTS = 5
AHEAD = 1_000


@pytest.mark.parametrize("skips", [True, False], ids=["with dead letters", "halting"])
async def test_consumers_that_come_and_go_take_every_message_once(
    database: Database, kafka_settings: KafkaSettings, skips: bool
) -> None:
    chance, topic = random.Random(1), Topic(f"test-{uuid4().hex[:12]}", Kind.EVENTS, PARTITIONS)
    await apply_topics(kafka_settings, (topic,))
    async with database.transaction() as transaction:
        await transaction.execute(text("CREATE TABLE effects (event_id uuid)"))

    def join() -> asyncio.Task[None]:
        dead = DeadLetters("insights") if skips else None
        return asyncio.create_task(Consumer(topic.name, [topic], take, database, kafka_settings, dead).run())

    sending = asyncio.create_task(send(kafka_settings, topic, database))
    consumers = [join() for _ in range(CONSUMERS)]
    for _ in range(RESTARTS):
        before = await count(database)

        await until(partial(has_taken, database, min(before + MESSAGES // RESTARTS // 2, MESSAGES)), 120)
        victim = consumers.pop(chance.randrange(CONSUMERS))
        victim.cancel()
        await asyncio.wait([victim])
        consumers.append(join())
    sent = await sending
    await until(partial(has_taken, database, MESSAGES), 120)
    for consumer in consumers:
        consumer.cancel()
    await asyncio.wait(consumers)
    async with database.reading() as reading:
        taken = list((await reading.execute(text("SELECT event_id FROM effects"))).scalars())
    assert len(taken) == MESSAGES
    assert set(taken) == sent


async def take(transaction: Transaction, messages: Sequence[Message]) -> None:
    await transaction.execute(
        text("INSERT INTO effects SELECT unnest(CAST(:ids AS uuid[]))"), {"ids": [m.event_id for m in messages]}
    )
    # Long enough for a rebalance to come in between.
    await transaction.execute(text("SELECT pg_sleep(0.05)"))


async def count(database: Database) -> int:
    async with database.reading() as reading:
        return int((await reading.execute(text("SELECT count(*) FROM effects"))).scalar_one())


async def has_taken(database: Database, number: int) -> bool:
    return await count(database) >= number


async def send(settings: KafkaSettings, topic: Topic, database: Database) -> set[UUID]:
    """All messages, never far ahead of what is taken, so that they arrive while consumers come and go. Their ids."""
    ids = [uuid4() for _ in range(MESSAGES)]
    async with AIOKafkaProducer(**connection(settings), linger_ms=5) as producer:
        for number, event_id in enumerate(ids):
            await producer.send(topic.name, b"", key=str(number).encode(), headers=raw_headers(event_id, str(number)))
            if number % 200 == 0:
                await until(partial(has_taken, database, number - AHEAD), 120)
        await producer.flush()
    return set(ids)
