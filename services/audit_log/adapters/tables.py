"""The service's own tables, as queries name them. The migrations make them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, LargeBinary, MetaData, String, Table, Uuid

metadata = MetaData()

entries = Table(
    "entries",
    metadata,
    Column("index", BigInteger, primary_key=True),
    Column("event_id", Uuid),
    Column("type", String),
    Column("producer", String),
    Column("number", BigInteger),
    Column("time", DateTime(timezone=True)),
    Column("actor", String),
    Column("organisation", String),
    Column("country", String),
    Column("purpose", String),
    Column("permit", String),
    Column("resource", String),
    Column("trace_id", String),
    Column("leaf", LargeBinary),
)

bodies = Table(
    "bodies",
    metadata,
    Column("index", BigInteger, primary_key=True),
    Column("salt", LargeBinary),
    Column("body", LargeBinary),
)
