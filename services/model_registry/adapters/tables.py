"""The registry's tables, as its migrations make them, but for what PostgreSQL computes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, DateTime, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

_metadata = MetaData()

models = Table(
    "models",
    _metadata,
    Column("name", Text, primary_key=True),
    Column("organisation", Text),
    Column("display_name", Text),
    Column("description", Text),
    Column("task", Text),
    Column("modalities", ARRAY(Text)),
    Column("body_parts", ARRAY(Text)),
    Column("cancer_types", ARRAY(Text)),
    Column("published", Boolean),
    Column("create_time", DateTime(timezone=True)),
    Column("update_time", DateTime(timezone=True)),
    Column("revision", BigInteger),
)

model_versions = Table(
    "model_versions",
    _metadata,
    Column("number", BigInteger),
    Column("name", Text, primary_key=True),
    Column("model", Text),
    Column("artefact_digest", Text),
    Column("artefact_uri", Text),
    Column("card", JSONB),
    Column("stage", Text),
    Column("create_time", DateTime(timezone=True)),
    Column("stage_time", DateTime(timezone=True)),
    Column("publish_time", DateTime(timezone=True)),
    Column("revision", BigInteger),
)

requests = Table(
    "requests",
    _metadata,
    Column("subject", Text, primary_key=True),
    Column("request_id", Uuid, primary_key=True),
    Column("name", Text),
    Column("create_time", DateTime(timezone=True)),
)
