"""`python -m insights rebuild`: forgets the read models of others' state and has the worker read from the beginning.

State topics are compacted, so their beginning holds everything. Event topics hold 30 days: what was counted stays,
and reading them again counts nothing twice.
"""

from __future__ import annotations

import sys

import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy import text

from insights.settings import InsightsSettings
from kit.database.engine import Database
from kit.errors import FailedPrecondition, OncordiaError
from kit.events.kafka import connection
from kit.settings import KafkaSettings
from kit.telemetry import log

_FORGET = text("TRUNCATE providers, data_sets")


def rebuild() -> None:
    """Asks that no worker runs; one that starts afterwards reads everything again."""
    try:
        settings = InsightsSettings()  # type: ignore[call-arg]  # the environment gives what is required
        log.configure("insights_rebuild", settings.log_level)
        uvloop.run(_rebuild(settings, KafkaSettings()))  # type: ignore[call-arg]
    except OncordiaError as error:
        sys.exit(f"can't rebuild: {error.message} ({error.reason})")
    except (OSError, ValueError, KafkaError) as error:
        sys.exit(f"can't rebuild: {error}")


async def _rebuild(settings: InsightsSettings, kafka: KafkaSettings) -> None:
    database = Database(settings.database_url.get_secret_value(), 1)
    try:
        # First the offsets: if a worker still runs, nothing has been forgotten yet.
        await _rewind(kafka)
        async with database.transaction() as transaction:
            await transaction.execute(_FORGET)
    finally:
        await database.close()


async def _rewind(kafka: KafkaSettings) -> None:
    # The stream brings in Faust, a second to import.
    from insights.entrypoints.stream import GROUP, TOPICS

    consumer = AIOKafkaConsumer(**connection(kafka), group_id=GROUP, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [
            TopicPartition(topic.name, number)
            for topic in TOPICS
            for number in (await consumer._client.fetch_all_metadata()).partitions_for_topic(topic.name) or ()
        ]
        consumer.assign(partitions)
        await consumer.commit(await consumer.beginning_offsets(partitions))
    except KafkaError as error:
        raise FailedPrecondition(
            "WORKER_RUNS", f"Kafka refused to set the worker's offsets ({type(error).__name__}); stop the worker first"
        ) from None
    finally:
        await consumer.stop()
