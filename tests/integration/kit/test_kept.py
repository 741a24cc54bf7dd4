"""Kafka did not keep what a consumer had yet to take: it says so, and halts where nothing may be skipped."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from uuid import uuid4

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from prometheus_client import REGISTRY

from kit.database.engine import Database, Transaction
from kit.events.consumer import Consumer, Halted
from kit.events.dead_letters import DeadLetters
from kit.events.envelope import Message
from kit.events.kafka import apply_topics, connection
from kit.events.topics import Kind, Topic
from kit.settings import KafkaSettings
from tests.integration.kit.raw_messages import raw_headers
from tests.integration.kit.test_outbox_to_consumer import running
from tests.world import until

# How a consumer is made that may skip nothing, alone or in a group, and one that may.
ALONE, IN_GROUP, SKIPS = "alone", "in a group", "skips"


@dataclass
class World:
    database: Database
    kafka: KafkaSettings
    topic: Topic
    taken: list[int] = field(default_factory=list)
    """The offsets that the consumer took, in their order."""

    async def take(self, _transaction: Transaction, messages: Sequence[Message]) -> None:
        self.taken += [message.offset for message in messages]

    def consumer(self, kind: str) -> Consumer:
        letters = DeadLetters("insights") if kind == SKIPS else None
        return Consumer(
            self.topic.name, [self.topic], self.take, self.database, self.kafka, letters, alone=kind == ALONE
        )

    async def has_taken(self, offsets: Sequence[int]) -> bool:
        return self.taken == list(offsets)

    async def send(self, count: int) -> None:
        async with AIOKafkaProducer(**connection(self.kafka)) as producer:
            for _ in range(count):
                await producer.send_and_wait(self.topic.name, b"", key=b"k", headers=raw_headers(uuid4(), "k"))

    async def expire(self, before: int) -> None:
        async with self._admin() as admin:
            await admin.delete_records({TopicPartition(self.topic.name, 0): RecordsToDelete(before_offset=before)})

    async def make_topic_anew(self) -> None:
        async with self._admin() as admin:
            await admin.delete_topics([self.topic.name])

            async def gone() -> bool:
                return self.topic.name not in await admin.list_topics()

            await until(gone)
        await apply_topics(self.kafka, (self.topic,))

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(**connection(self.kafka))
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    def lost(self) -> float:
        return REGISTRY.get_sample_value("oncordia_consumer_lost_total", {"topic": self.topic.name}) or 0.0


@pytest_asyncio.fixture
async def world(database: Database, kafka_settings: KafkaSettings) -> World:
    """A topic whose first ten messages are still there."""
    result = World(database, kafka_settings, Topic(f"test-{uuid4().hex[:12]}", Kind.EVENTS, 1))
    await apply_topics(kafka_settings, (result.topic,))
    await result.send(10)
    return result


async def expired(world: World) -> None:
    await world.send(10)
    await world.expire(15)


async def made_anew(world: World) -> None:
    await world.make_topic_anew()
    await world.send(3)


Lose = Callable[[World], Awaitable[None]]


@pytest.mark.parametrize("kind", [ALONE, IN_GROUP])
@pytest.mark.parametrize(
    ("lose", "words"), [(expired, "/0@10 to @14 expired before they were taken"), (made_anew, "was made anew")]
)
async def test_who_may_skip_nothing_halts_at_each_start(world: World, kind: str, lose: Lose, words: str) -> None:
    async with running(world.consumer(kind).run()):
        await until(partial(world.has_taken, range(10)))
    await lose(world)
    for _ in range(2):
        with pytest.raises(Halted, match=words):
            await asyncio.wait_for(world.consumer(kind).run(), 60)
    assert world.taken == list(range(10))


@pytest.mark.parametrize(("lose", "then", "lost"), [(expired, range(15, 20), 5), (made_anew, range(3), 1)])
async def test_others_take_what_is_left_and_tell_what_is_lost(world: World, lose: Lose, then: range, lost: int) -> None:
    async with running(world.consumer(SKIPS).run()):
        await until(partial(world.has_taken, range(10)))
    await lose(world)
    async with running(world.consumer(SKIPS).run()):
        await until(partial(world.has_taken, [*range(10), *then]))
    assert world.lost() == lost
    # A new start has nothing to tell any more.
    await world.send(1)
    async with running(world.consumer(SKIPS).run()):
        await until(partial(world.has_taken, [*range(10), *then, then.stop]))
    assert world.lost() == lost


async def test_a_topic_that_is_made_anew_behind_a_running_consumer_halts_it(world: World) -> None:
    running_on = asyncio.create_task(world.consumer(ALONE).run())
    await until(partial(world.has_taken, range(10)))
    await made_anew(world)
    with pytest.raises(Halted, match="was made anew"):
        await asyncio.wait_for(running_on, 120)
    assert world.taken == list(range(10))


async def test_what_expired_before_a_consumer_ever_began_is_lost_only_for_who_may_skip_nothing(world: World) -> None:
    await world.expire(4)
    with pytest.raises(Halted, match="/0@0 to @3 expired"):
        await asyncio.wait_for(world.consumer(ALONE).run(), 60)
    async with running(world.consumer(SKIPS).run()):
        await until(partial(world.has_taken, range(4, 10)))
    assert world.lost() == 0
