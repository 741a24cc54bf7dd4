"""The catalogue's tables, as its migrations make them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

_metadata = MetaData()

providers = Table(
    "providers",
    _metadata,
    Column("name", Text, primary_key=True),
    Column("display_name", Text),
    Column("country", Text),
    Column("organisation", Text),
    Column("epoch", Text),
    Column("gone", Boolean),
)

data_sets = Table(
    "data_sets",
    _metadata,
    Column("name", Text, primary_key=True),
    Column("provider", Text),
    Column("title", Text),
    Column("description", Text),
    Column("persistent_id", Text),
    Column("cancer_types", ARRAY(Text)),
    Column("modalities", ARRAY(Text)),
    Column("body_parts", ARRAY(Text)),
    Column("licence", Text),
    Column("subjects", BigInteger),
    Column("studies", BigInteger),
    Column("series", BigInteger),
    Column("totals_rounded_to", BigInteger),
    Column("origin", Text),
    Column("state", Text),
    Column("epoch", Text),
    Column("create_time", DateTime(timezone=True)),
    Column("update_time", DateTime(timezone=True)),
    Column("revision", BigInteger),
)

descriptions = Table(
    "descriptions",
    _metadata,
    Column("provider", Text, primary_key=True),
    Column("epoch", Text),
    Column("task_id", Uuid),
    Column("attempts", Integer),
    Column("progress", Text),
    Column("due", DateTime(timezone=True)),
    Column("taken_epoch", Text),
    Column("problems", ARRAY(Text)),
)

requests = Table(
    "requests",
    _metadata,
    Column("subject", Text, primary_key=True),
    Column("request_id", Uuid, primary_key=True),
    Column("data_set", Text),
    Column("create_time", DateTime(timezone=True)),
)

revisions = Table("revisions", _metadata, Column("catalogue", Uuid), Column("last", BigInteger))
