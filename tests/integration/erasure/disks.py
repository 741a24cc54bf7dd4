"""A Kafka and a PostgreSQL whose files a test can read, and which keep nothing longer than they are told to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from kit.events.topics import ALL
from stack.background import Background
from stack.cache import cache_directory
from stack.jars import KAFKA_LOCK, fetch
from stack.kafka import Kafka
from stack.ports import Ports
from stack.postgres import DATABASE, Postgres

# By itself a broker looks every five minutes, and keeps a minute what it has deleted.
_PROMPT = """
log.retention.check.interval.ms=500
log.initial.task.delay.ms=100
log.segment.delete.delay.ms=100
"""


@dataclass(frozen=True)
class PromptKafka(Kafka):
    """Deletes at once what is over."""

    async def _format(self) -> None:
        await super()._format()
        with self._properties_path.open("a") as properties:
            properties.write(_PROMPT)


@dataclass(frozen=True)
class Disks:
    """The servers, and where their files are."""

    kafka: Kafka
    postgres: Postgres

    @property
    def kafka_files(self) -> Path:
        return self.kafka.directory / "log"

    async def keep_samples(self) -> None:
        """Has PostgreSQL take its statistics of all that is there, and write everything to its files."""
        await self._do("ANALYZE", "CHECKPOINT")

    async def sweep(self) -> None:
        """Has PostgreSQL write all tables anew, and delete its write-ahead log up to now, rather than use it again."""
        await self._do("ALTER SYSTEM SET wal_recycle = off", "SELECT pg_reload_conf()", "VACUUM (FULL, ANALYZE)")
        # A checkpoint keeps what the one before it needs.
        await self._do(*["SELECT pg_switch_wal()", "CHECKPOINT"] * 2)

    async def expire_kafka(self) -> None:
        """Ends the retention of all that is deleted by time."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.bootstrap)
        await admin.start()
        try:
            for topic in ALL:
                if topic.config()["cleanup.policy"] == "delete":
                    over = {**topic.config(), "retention.ms": "1", "segment.ms": "100"}
                    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name, over)])
        finally:
            await admin.close()

    async def _do(self, *statements: str) -> None:
        admin = await asyncpg.connect(self.postgres.admin_url(DATABASE))
        try:
            for statement in statements:
                await admin.execute(statement)
        finally:
            await admin.close()


@contextlib.contextmanager
def disks(home: Path) -> Iterator[Disks]:
    ports = Ports()
    kafka = PromptKafka(
        home / "kafka", ports.address("kafka"), ports.address("controller"), fetch(KAFKA_LOCK, cache_directory())
    )
    postgres = Postgres(home / "postgres", ports.port("postgres"), home / "passwords.json")
    with Background([kafka.spec(), postgres.spec()], home / "logs"):
        yield Disks(kafka, postgres)
