"""The service's own tables, as queries name them. The migrations make them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, MetaData, String, Table, Uuid

from audit_log.adapters.packing import Actor, TraceId

metadata = MetaData()

# Columns of a fixed width come first, so that none of them is padded.
entries = Table(
    "entries",
    metadata,
    Column("index", BigInteger, primary_key=True),
    Column("number", BigInteger),
    Column("time", DateTime(timezone=True)),
    Column("event_id", Uuid),
    Column("leaf", LargeBinary),
    Column("trace_id", TraceId),
    Column("actor", Actor),
    Column("type", String),
    Column("producer", String),
    Column("organisation", String),
    Column("country", String),
    Column("purpose", String),
    Column("permit", String),
    Column("resource", String),
    Column("outcome", String),
)

bodies = Table(
    "bodies",
    metadata,
    Column("index", BigInteger, primary_key=True),
    Column("salt", LargeBinary),
    Column("body", LargeBinary),
)
