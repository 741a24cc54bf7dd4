"""A consumer is killed: another takes its partitions, one of the same instance without waiting for its session."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from kit.clock import SystemClock
from kit.database.engine import Database, Transaction
from kit.database.notify import Listener
from kit.events import topics
from kit.events.consumer import Consumer, one_by_one
from kit.events.envelope import Message
from kit.events.outbox import NOBODY, Outbox
from kit.events.relay import Relay
from kit.settings import KafkaSettings
from oncordia.events.v1 import federation_pb2

TOPIC = topics.events("insights")

CONSUMING = """
import asyncio, sys
from kit.database.engine import Database
from kit.events import topics
from kit.events.consumer import Consumer, one_by_one
from kit.settings import KafkaSettings

async def nothing(transaction, message): ...

async def main(name, url, bootstrap, instance):
    settings = KafkaSettings(bootstrap=bootstrap, instance=instance or None)
    consumer = Consumer(name, [topics.events("insights")], one_by_one(nothing), Database(url), settings, None)
    running = asyncio.create_task(consumer.run())
    await consumer.ready.wait()
    print("ready", flush=True)
    await running

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("instance", ["", "catalogue-0"])
async def test_what_a_killed_consumer_left_is_taken(
    database: Database, kafka_settings: KafkaSettings, service: str, instance: str
) -> None:
    name, taken = f"takeover-{uuid4().hex[:8]}", asyncio.Event()
    command = [sys.executable, "-c", CONSUMING, name, database.url, kafka_settings.bootstrap, instance]
    killed = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    assert killed.stdout is not None
    assert await killed.stdout.readline() == b"ready\n"
    killed.kill()
    await killed.wait()

    async def effect(transaction: Transaction, message: Message) -> None:
        if message.key == name:
            taken.set()

    settings = KafkaSettings(bootstrap=kafka_settings.bootstrap, instance=instance or None)
    outbox, listener = Outbox(service, SystemClock()), Listener(database)
    jobs = [
        asyncio.create_task(job)
        for job in (
            Relay(service, database, kafka_settings, listener).run(),
            listener.run(),
            Consumer(name, [TOPIC], one_by_one(effect), database, settings, None).run(),
        )
    ]
    async with database.transaction() as transaction:
        await outbox.add_event(transaction, TOPIC, name, federation_pb2.InvitationCreated(), NOBODY)
    await asyncio.wait_for(taken.wait(), 120)
    # The killed one is no member any more.
    assert await members(kafka_settings, f"oncordia.{name}") == 1
    for job in jobs:
        job.cancel()
    await asyncio.wait(jobs)


async def members(settings: KafkaSettings, group: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap)
    await admin.start()
    try:
        (response,) = await admin.describe_consumer_groups([group])
        (found,) = response.groups
        return len(found[5])
    finally:
        await admin.close()
