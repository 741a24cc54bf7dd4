"""The tables that every service keeps for the kit, in its own schema. A service's first migration creates them."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Uuid,
    event,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

# What is committed and must reach Kafka. `number` is given by the relay, gapless per producer.
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("topic", String, nullable=False),
    Column("key", String, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("value", LargeBinary, nullable=True),
    Column("producer", String, nullable=True),
    Column("number", BigInteger, nullable=True),
    Column("create_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("sent", Boolean, nullable=False, server_default=text("false")),
    Index("outbox_unsent", "id", postgresql_where=text("NOT sent")),
)
# Statistics are samples of the content, and outlive it.
_NO_SAMPLES = (
    "ALTER TABLE outbox ALTER key SET STATISTICS 0, ALTER headers SET STATISTICS 0, ALTER value SET STATISTICS 0"
)
event.listen(outbox, "after_create", DDL(_NO_SAMPLES))  # type: ignore[no-untyped-call]  # SQLAlchemy's own

# The last number that each producer of this service has given.
producer_numbers = Table(
    "producer_numbers",
    metadata,
    Column("producer", String, primary_key=True),
    Column("last_number", BigInteger, nullable=False),
)

# Where each partition is to be read on. The effect of a message and its offset are committed together.
consumer_offsets = Table(
    "consumer_offsets",
    metadata,
    Column("consumer", String, primary_key=True),
    Column("topic", String, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    Column("owner", Uuid, nullable=False),
)

# Dead letters that were taken after all, by the consumer and by where they first stood (topic/partition@offset).
replayed = Table(
    "replayed",
    metadata,
    Column("consumer", String, primary_key=True),
    Column("place", String, primary_key=True),
)

# Tokens that were used here, so that a sign-in is told once.
token_uses = Table(
    "token_uses",
    metadata,
    Column("token_id", LargeBinary, primary_key=True),
    Column("expire_time", DateTime(timezone=True), nullable=False),
)
