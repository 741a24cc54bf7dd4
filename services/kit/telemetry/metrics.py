"""Metrics, for Prometheus. All that the kit itself measures is declared here."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram, start_http_server

RPC_SECONDS = Histogram("rpc_server_duration_seconds", "Time to answer a call", ["method", "code"])
OUTBOX_UNSENT = Gauge("oncordia_outbox_unsent", "Committed messages that Kafka does not have yet")
OUTBOX_SENT = Counter("oncordia_outbox_sent", "Messages handed to Kafka", ["topic"])
RELAY_RETRIES = Counter("oncordia_relay_retries", "Times the relay began anew, after Kafka or PostgreSQL failed it")
CONSUMED = Counter("oncordia_consumer_messages", "Messages whose effect is committed", ["topic"])
DEAD_LETTERS = Counter("oncordia_consumer_dead_letters", "Messages that could not be taken", ["topic", "reason"])
LOST = Counter("oncordia_consumer_lost", "Messages that Kafka did not keep until they were taken", ["topic"])
REPLAYED = Counter("oncordia_consumer_replayed", "Dead letters that were taken after all", ["topic"])
KEY_DAYS_LEFT = Gauge("oncordia_key_days_left", "Days until a calendar year without an actor key begins")
CONSUMER_RETRIES = Counter("oncordia_consumer_retries", "Batches tried again", ["topic"])


def serve(address: str) -> None:
    """Serves the metrics over HTTP at host:port. Raises OSError naming the address if it is taken."""
    host, _, port = address.rpartition(":")
    try:
        start_http_server(int(port), addr=host)
    except OSError as error:
        raise OSError(f"can't listen on {address} for metrics: {error.strerror}") from None
