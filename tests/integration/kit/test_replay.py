"""Dead letters that are replayed once their consumer can take them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from kit.clock import SystemClock
from kit.database.engine import Database, Transaction
from kit.database.notify import Listener
from kit.errors import FailedPrecondition, InvalidInput, NotFound
from kit.events import topics
from kit.events.consumer import Consumer, one_by_one
from kit.events.dead_letters import DeadLetters
from kit.events.envelope import Message
from kit.events.outbox import Outbox
from kit.events.relay import Relay
from kit.events.replay import LetterBox
from kit.settings import KafkaSettings
from oncordia.federation.v1 import provider_pb2
from tests.integration.kit.test_outbox_to_consumer import TOPIC, publish, running
from tests.world import until

SERVICE = "insights"


def put_aside(topic: str) -> float:
    return (
        REGISTRY.get_sample_value("oncordia_consumer_dead_letters_total", {"topic": topic, "reason": "InvalidInput"})
        or 0.0
    )


@dataclass
class Reader:
    """A consumer whose effects are rows; it refuses keys that begin with `bad` until it is mended."""

    database: Database
    producer: str
    purpose: str = "one"
    mended: bool = False

    async def __call__(self, transaction: Transaction, message: Message) -> None:
        if message.producer != self.producer:
            return
        await transaction.execute(
            text("INSERT INTO taken VALUES (:reader, :key, :event, :place)"),
            {
                "reader": self.purpose,
                "key": message.key,
                "event": f"{message.event_id} {message.number}",
                "place": f"{message.topic}/{message.partition}@{message.offset}",
            },
        )
        if not self.mended and message.key.startswith("bad"):
            raise InvalidInput.of("key", "is bad")

    async def rows(self) -> list[tuple[str, str, str]]:
        """Key, event and place of each effect, in the order of the keys."""
        async with self.database.transaction() as transaction:
            found = await transaction.execute(
                text("SELECT key, event, place FROM taken WHERE reader = :reader ORDER BY key"),
                {"reader": self.purpose},
            )
            return [(row.key, row.event, row.place) for row in found]

    async def took(self, *keys: str) -> None:
        """Waits until its effects are of these keys, in their order."""

        async def so() -> bool:
            return [key for key, _, _ in await self.rows()] == list(keys)

        await until(so, seconds=180)


async def _true(value: bool) -> bool:
    return value


@dataclass
class World:
    database: Database
    kafka: KafkaSettings
    outbox: Outbox
    producer: str

    @asynccontextmanager
    async def consuming(self, reader: Reader, limit: int = 100) -> AsyncIterator[None]:
        letters = DeadLetters(SERVICE, limit)
        name = f"{self.producer}.{reader.purpose}"
        async with running(Consumer(name, [TOPIC], one_by_one(reader), self.database, self.kafka, letters).run()):
            yield

    def reader(self, purpose: str = "one", *, mended: bool = False) -> Reader:
        return Reader(self.database, self.producer, purpose, mended)

    async def letters(self) -> list[int]:
        """The numbers of the letters that the reader `one` put aside."""
        found = await LetterBox(self.kafka, SERVICE).letters()
        return [number for number, letter in found.items() if letter.consumer == f"{self.producer}.one"]

    async def has_letters(self, many: int) -> list[int]:
        async def so() -> bool:
            return len(await self.letters()) == many

        await until(so, seconds=180)
        return await self.letters()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cli", "admin", "dead-letters", *arguments],
            env={**os.environ, "ONCORDIA_KAFKA_BOOTSTRAP": self.kafka.bootstrap},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
async def world(database: Database, kafka_settings: KafkaSettings) -> AsyncIterator[World]:
    async with database.transaction() as transaction:
        await transaction.execute(text("CREATE TABLE taken (reader text, key text, event text, place text)"))
    outbox, listener = Outbox(SERVICE, SystemClock()), Listener(database)
    relay = Relay(SERVICE, database, kafka_settings, listener)
    async with running(relay.run(), listener.run()):
        yield World(database, kafka_settings, outbox, f"p-{uuid4().hex[:8]}")


async def test_a_mended_consumer_takes_its_letter_once_and_no_other_consumer_does(world: World) -> None:
    one, other, box = world.reader(), world.reader("other", mended=True), LetterBox(world.kafka, SERVICE)
    await publish(world.database, world.outbox, world.producer, ["a", "bad", "b"])
    async with world.consuming(one), world.consuming(other):
        (number,) = await world.has_letters(1)
        await other.took("a", "b", "bad")
        # Still broken: the letter is put aside anew, from where it first stood.
        await box.replay([number])
        both = await world.has_letters(2)
        letters = await box.letters()
        assert letters[both[0]].place == letters[both[1]].place
        one.mended = True
        await box.replay([*both, *both])
        await one.took("a", "b", "bad")
        await publish(world.database, world.outbox, world.producer, ["c"])
        await one.took("a", "b", "bad", "c")
        await other.took("a", "b", "bad", "c")
        # The same events from the same places: a replayed one is no new one.
        assert await one.rows() == await other.rows()


async def test_an_operator_lists_shows_and_replays_dead_letters(world: World) -> None:
    reader = world.reader()
    await publish(world.database, world.outbox, world.producer, ["bad"])
    async with world.consuming(reader):
        (number,) = await world.has_letters(1)
        listed = world.command("list", SERVICE)
        assert f"{world.producer}.one" in listed.stdout, listed.stderr
        shown = world.command("show", SERVICE, str(number))
        assert "reason: InvalidInput: key: is bad" in shown.stdout, shown.stderr
        assert f"ce_source: /{world.producer}" in shown.stdout
        reader.mended = True
        done = world.command("replay", SERVICE, str(number))
        assert f"to {world.producer}.one" in done.stdout, done.stderr
        await reader.took("bad")
    for arguments in (("replay", SERVICE), ("replay", SERVICE, "999999"), ("list", "nobody")):
        refused = world.command(*arguments)
        assert (refused.returncode, refused.stderr[:6]) == (1, "error:")
    with pytest.raises(NotFound):
        await LetterBox(world.kafka, SERVICE).replay([999_999])


async def test_beyond_the_limit_a_consumer_puts_nothing_more_aside_and_loses_nothing(world: World) -> None:
    reader, before = world.reader(), put_aside(TOPIC.name)
    keys = [f"bad-{n}" for n in range(5)]
    await publish(world.database, world.outbox, world.producer, keys)
    async with world.consuming(reader, limit=3):
        await world.has_letters(3)
        retries = retried()
        # It goes on trying, and goes no further.
        await until(lambda: _true(retried() >= retries + 2), seconds=180)
        assert len(await world.letters()) == 3
        assert put_aside(TOPIC.name) == before + 3
        reader.mended = True
        # The two that are left are taken where they stand.

        async def both() -> bool:
            return len(await reader.rows()) == 2

        await until(both, seconds=180)
        await LetterBox(world.kafka, SERVICE).replay(await world.letters())
        await reader.took(*keys)


def retried() -> float:
    return REGISTRY.get_sample_value("oncordia_consumer_retries_total", {"topic": TOPIC.name}) or 0.0


async def test_a_state_that_was_replaced_is_not_replayed(world: World) -> None:
    state, name = topics.state("access"), f"providers/{world.producer}"

    async def tell(display_name: str) -> None:
        payload = provider_pb2.Provider(name=name, display_name=display_name)
        async with world.database.transaction() as transaction:
            await world.outbox.add(transaction, state, name, payload)

    async def refuse_first(_transaction: Transaction, message: Message) -> None:
        if message.key == name and b"first" in (message.value or b""):
            raise InvalidInput.of("display_name", "is bad")

    await tell("first")
    letters = DeadLetters(SERVICE)
    consumer = Consumer(
        f"{world.producer}.one", [state], one_by_one(refuse_first), world.database, world.kafka, letters
    )
    async with running(consumer.run()):
        (number,) = await world.has_letters(1)
        await LetterBox(world.kafka, SERVICE).replay([number])
        await world.has_letters(2)
        await tell("second")

        async def replaced() -> bool:
            try:
                await LetterBox(world.kafka, SERVICE).replay([number])
            except FailedPrecondition as error:
                return error.reason == "STATE_REPLACED"
            return False

        await until(replaced, seconds=180)
