"""The log's tree, entries and bodies, its checkpoint, statements, producers' numbers; and the vault."""

from __future__ import annotations

from alembic import op

from kit.database.schema import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# `single` makes a table of one row, which is locked to append or to publish.
_STATEMENTS = (
    """CREATE TABLE tree (
         single boolean PRIMARY KEY DEFAULT true CHECK (single),
         frontier bytea NOT NULL)""",
    # A tree without leaves: its size as uint64, and no hashes.
    r"INSERT INTO tree (frontier) VALUES ('\x0000000000000000')",
    """CREATE TABLE checkpoint (
         single boolean PRIMARY KEY DEFAULT true CHECK (single),
         size bigint NOT NULL,
         root bytea NOT NULL,
         note bytea NOT NULL)""",
    # The newest that the witness policy accepted; its note carries the cosignatures.
    """CREATE TABLE cosigned_checkpoint (
         single boolean PRIMARY KEY DEFAULT true CHECK (single),
         size bigint NOT NULL,
         root bytea NOT NULL,
         note bytea NOT NULL)""",
    """CREATE TABLE entries (
         index bigint PRIMARY KEY,
         event_id uuid NOT NULL,
         type text NOT NULL,
         producer text NOT NULL,
         number bigint NOT NULL,
         time timestamptz NOT NULL,
         actor text NOT NULL,
         organisation text NOT NULL,
         country text NOT NULL,
         purpose text NOT NULL,
         permit text NOT NULL,
         resource text NOT NULL,
         trace_id text NOT NULL,
         leaf bytea NOT NULL)""",
    "CREATE UNIQUE INDEX entries_event_id ON entries (event_id)",
    "CREATE INDEX entries_type ON entries (type text_pattern_ops, index)",
    "CREATE INDEX entries_resource ON entries (resource, index)",
    "CREATE INDEX entries_time ON entries (time)",
    "CREATE INDEX entries_actor ON entries (actor, index) WHERE actor <> ''",
    "CREATE INDEX entries_organisation ON entries (organisation, index) WHERE organisation <> ''",
    "CREATE INDEX entries_trace_id ON entries (trace_id, index) WHERE trace_id <> ''",
    # Apart from the entries: when retention ends a body is deleted, and its entry stays.
    """CREATE TABLE bodies (
         index bigint PRIMARY KEY,
         salt bytea NOT NULL,
         body bytea NOT NULL)""",
    """CREATE TABLE statements (
         subject text,
         request_id uuid,
         event_id uuid NOT NULL,
         digest bytea NOT NULL,
         PRIMARY KEY (subject, request_id))""",
    """CREATE TABLE numbers_seen (
         producer text PRIMARY KEY,
         runs bigint[] NOT NULL)""",
    """CREATE TABLE numbers_position (
         single boolean PRIMARY KEY DEFAULT true CHECK (single),
         following bigint NOT NULL)""",
    "INSERT INTO numbers_position (following) VALUES (0)",
    # actors: handle to year.
    """CREATE TABLE identities (
         subject text PRIMARY KEY,
         issuer text NOT NULL,
         token_subject text NOT NULL,
         display_name text NOT NULL,
         organisation text NOT NULL,
         actors jsonb NOT NULL)""",
    "CREATE INDEX identities_actors ON identities USING gin (actors)",
)


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    for statement in _STATEMENTS:
        op.execute(statement)
