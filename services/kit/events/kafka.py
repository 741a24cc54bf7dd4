"""Connections to Kafka."""

from __future__ import annotations

import ssl
from typing import TypedDict

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code
from aiokafka.producer import sender

from kit.events.topics import MAX_MESSAGE_BYTES, Topic
from kit.settings import KafkaSettings

# A transaction that begins before the broker has written the markers of the one before is turned away for a moment,
# about 2 ms; aiokafka waits 20 ms and has no setting for it.
sender.BACKOFF_OVERRIDE = 0.002


class Connection(TypedDict, total=False):
    bootstrap_servers: str
    security_protocol: str
    ssl_context: ssl.SSLContext
    sasl_mechanism: str
    sasl_plain_username: str
    sasl_plain_password: str


def connection(settings: KafkaSettings) -> Connection:
    """The keyword arguments that every aiokafka client takes."""
    result = Connection(bootstrap_servers=settings.bootstrap, security_protocol=settings.security_protocol)
    if "SSL" in settings.security_protocol:
        result["ssl_context"] = ssl.create_default_context(cafile=settings.ca_file)
    if settings.sasl_username and settings.sasl_password:
        result["sasl_mechanism"] = settings.sasl_mechanism
        result["sasl_plain_username"] = settings.sasl_username
        result["sasl_plain_password"] = settings.sasl_password.get_secret_value()
    return result


def transactional_producer(settings: KafkaSettings, transactional_id: str) -> AIOKafkaProducer:
    """A producer that fences every earlier one of the same id."""
    return AIOKafkaProducer(
        **connection(settings),
        transactional_id=transactional_id,
        transaction_timeout_ms=10_000,
        acks="all",
        max_request_size=MAX_MESSAGE_BYTES,
    )


async def apply_topics(settings: KafkaSettings, topics: tuple[Topic, ...]) -> list[str]:
    """Creates the topics that are missing and returns their names. Safe to run twice."""
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in existing]
        answer = await admin.create_topics(
            [
                NewTopic(topic.name, topic.partitions, settings.replication_factor, topic_configs=topic.config())
                for topic in missing
            ]
        )
        for name, code, *_ in answer.topic_errors:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise for_code(code)(name)
        return [topic.name for topic in missing]
    finally:
        await admin.close()
