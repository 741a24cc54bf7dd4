"""The relay: takes what is committed and unsent, numbers it, sends it, marks it sent.

One relay of a service works at a time, elected by an advisory lock in PostgreSQL and fenced at the broker by its
transactional id. A number is stored before it is sent, so a resend keeps id, number and bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import zlib

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from sqlalchemy import text

from kit.database.engine import Database, is_passing
from kit.database.notify import Listener
from kit.events import envelope
from kit.events.kafka import transactional_producer
from kit.events.outbox import channel
from kit.settings import KafkaSettings
from kit.telemetry import metrics
from kit.telemetry.log import logger

_log = logger(__name__)

BATCH = 500
# A wake-up may be missed, so the relay also looks by itself.
POLL_SECONDS = 5.0
RETRY_SECONDS = 0.5
# Sent rows are kept for a look back, then deleted.
KEEP = "1 hour"
PURGE_SECONDS = 60.0

# Ordered by id: rows of one key were added under a lock on its resource, so their ids are in the order of commits.
# By id and not by a watermark: ids of different resources commit out of order. One statement, so one exchange: the
# numbers are committed when it answers.
_TAKE = """
WITH taken AS (
  SELECT id, topic, key, headers, value, producer, number FROM outbox WHERE NOT sent ORDER BY id LIMIT $1),
fresh AS (
  SELECT id, producer, row_number() OVER (PARTITION BY producer ORDER BY id) AS place,
         count(*) OVER (PARTITION BY producer) AS many
  FROM taken WHERE producer IS NOT NULL AND number IS NULL),
given AS (
  INSERT INTO producer_numbers AS p (producer, last_number) SELECT DISTINCT producer, many FROM fresh
  ON CONFLICT (producer) DO UPDATE SET last_number = p.last_number + excluded.last_number
  RETURNING producer, last_number),
numbered AS (
  UPDATE outbox SET number = given.last_number - fresh.many + fresh.place
  FROM fresh JOIN given USING (producer) WHERE outbox.id = fresh.id RETURNING outbox.id, outbox.number)
SELECT id, topic, key, headers, value, coalesce(numbered.number, taken.number) AS number
FROM taken LEFT JOIN numbered USING (id) ORDER BY id
"""
# Without waiting for the disk: a mark that PostgreSQL loses in a crash is a resend with the same id, number and bytes.
_SENT = """
WITH unhurried AS (SELECT set_config('synchronous_commit', 'off', true))
UPDATE outbox SET sent = true FROM unhurried WHERE id = ANY($1)
"""
_PURGE = text(f"DELETE FROM outbox WHERE sent AND create_time < now() - interval '{KEEP}'")  # noqa: S608 - a constant
_UNSENT = text("SELECT count(*) FROM outbox WHERE NOT sent")


class Relay:
    """Run one in each replica; one of them works, the others wait for its lock."""

    def __init__(self, service: str, database: Database, kafka: KafkaSettings, listener: Listener) -> None:
        self._service = service
        self._database = database
        self._kafka = kafka
        self._wake = asyncio.Event()
        self._purge_due = 0.0
        self._channel = channel(service)
        listener.subscribe(self._channel, lambda _payload: self._wake.set())

    async def run(self) -> None:
        """Relays until cancelled. Kafka or PostgreSQL going away only delays it."""
        while True:
            try:
                await self._lead()
            except asyncio.CancelledError:
                raise
            except Exception as error:
                if not (isinstance(error, KafkaError) or is_passing(error)):
                    _log.exception("relay failed, trying again")
                else:
                    _log.warning("relay waits", error=type(error).__name__)
                metrics.RELAY_RETRIES.inc()
                await self._count_unsent()
                await asyncio.sleep(RETRY_SECONDS)

    async def _lead(self) -> None:
        lock = await self._database.connect_alone()
        try:
            await lock.execute("SELECT pg_advisory_lock($1, $2)", 0x0C0, _lock_key(self._service))
            producer = transactional_producer(self._kafka, f"oncordia.{self._service}")
            await producer.start()
            # Nobody else waits while it leads. Should another lead before this one knows, that one looks by itself.
            only_here = self._database.wakes.only_here
            only_here.add(self._channel)
            try:
                await self._send_until_lost(producer, lock)
            finally:
                only_here.discard(self._channel)
                with contextlib.suppress(KafkaError, asyncio.TimeoutError):
                    await asyncio.wait_for(producer.stop(), timeout=5)
        finally:
            lock.terminate()

    async def _send_until_lost(self, producer: AIOKafkaProducer, lock: asyncpg.Connection) -> None:
        while not lock.is_closed():
            self._wake.clear()
            sent = await self._send_batch(producer, lock)
            await self._keep_house()
            if sent < BATCH:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), timeout=POLL_SECONDS)

    async def _send_batch(self, producer: AIOKafkaProducer, lock: asyncpg.Connection) -> int:
        """On the connection that holds the lock: who has lost it can number and mark nothing."""
        rows = [_Row(record) for record in await lock.fetch(_TAKE, BATCH)]
        if not rows:
            metrics.OUTBOX_UNSENT.set(0)
            return 0
        async with producer.transaction():
            deliveries = [
                await producer.send(row.topic, value=row.value, key=row.key, headers=row.headers) for row in rows
            ]
            # aiokafka commits a transaction also without the batches that the broker turned away.
            await asyncio.gather(*deliveries)
        await lock.execute(_SENT, [row.id for row in rows])
        for row in rows:
            metrics.OUTBOX_SENT.labels(row.topic).inc()
        return len(rows)

    async def _keep_house(self) -> None:
        """Also of a service that sends nothing any more: nothing is kept here for longer than it is said to be."""
        if time.monotonic() < self._purge_due:
            return
        async with self._database.single() as single:
            await single.execute(_PURGE)
        await self._count_unsent()
        self._purge_due = time.monotonic() + PURGE_SECONDS

    async def _count_unsent(self) -> None:
        """For who watches. While the database is away, nobody knows."""
        with contextlib.suppress(Exception):
            async with self._database.reading() as reading:
                metrics.OUTBOX_UNSENT.set((await reading.execute(_UNSENT)).scalar_one())


class _Row:
    """A numbered message, ready to send."""

    __slots__ = ("headers", "id", "key", "topic", "value")

    def __init__(self, record: asyncpg.Record) -> None:
        self.id: int = record["id"]
        self.topic: str = record["topic"]
        self.key: bytes = record["key"].encode()
        self.value: bytes | None = record["value"]
        stored: list[list[str]] = json.loads(record["headers"])
        self.headers = [(name, content.encode()) for name, content in stored]
        if record["number"] is not None:
            self.headers.append((envelope.NUMBER, str(record["number"]).encode()))


def _lock_key(service: str) -> int:
    return zlib.crc32(service.encode()) & 0x7FFFFFFF
