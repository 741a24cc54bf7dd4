"""Faust's connection to Kafka, with what it has no setting for: it must read committed messages only.

Faust reads committed messages only where it also writes in transactions, which the worker doesn't: its effects are
in PostgreSQL. The outbox relays abort the batches of one that was ousted, and those must never be seen.
"""

from __future__ import annotations

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types.auth import CredentialsT
from yarl import URL

from kit.events import kafka
from kit.settings import KafkaSettings


class _ConsumerThread(driver.AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: driver.Transport) -> object:
        consumer = super()._create_worker_consumer(transport)
        # Used when the consumer starts, which is later.
        consumer._isolation_level = "read_committed"
        return consumer


class _Consumer(driver.Consumer):
    def _new_consumer_thread(self) -> _ConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)


class ReadCommitted(driver.Transport):
    """Faust's transport, with isolation level read_committed."""

    Consumer = _Consumer


def broker_urls(settings: KafkaSettings) -> list[URL]:
    """The bootstrap servers as Faust wants them."""
    return [URL(f"kafka://{server.strip()}") for server in settings.bootstrap.split(",")]


def credentials(settings: KafkaSettings) -> CredentialsT | None:
    """TLS and password as Faust wants them; None for a connection in the clear."""
    given = kafka.connection(settings)
    context = given.get("ssl_context")
    if "sasl_mechanism" in given:
        return faust.SASLCredentials(
            username=given["sasl_plain_username"],
            password=given["sasl_plain_password"],
            mechanism=given["sasl_mechanism"],
            ssl_context=context,
        )
    return None if context is None else faust.SSLCredentials(context)
