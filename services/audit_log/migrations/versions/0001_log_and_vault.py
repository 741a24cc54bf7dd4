"""The log's tree, entries, search index, bodies, checkpoint, statements, producers' numbers; and the vault."""

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
    # Columns of a fixed width first, so that none is padded.
    """CREATE TABLE entries (
         index bigint PRIMARY KEY,
         number bigint NOT NULL,
         time timestamptz NOT NULL,
         event_id uuid NOT NULL,
         leaf bytea NOT NULL,
         trace_id bytea NOT NULL,
         actor bytea NOT NULL,
         type text NOT NULL,
         producer text NOT NULL,
         organisation text NOT NULL,
         country text NOT NULL,
         purpose text NOT NULL,
         permit text NOT NULL,
         resource text NOT NULL,
         outcome text NOT NULL)""",
    # What else entries are found by is in the chunks.
    "CREATE UNIQUE INDEX entries_event_id ON entries (event_id)",
    """CREATE TABLE chunks (
         first bigint PRIMARY KEY,
         size integer NOT NULL,
         start_time timestamptz NOT NULL,
         end_time timestamptz NOT NULL,
         earliest timestamptz[] NOT NULL,
         latest timestamptz[] NOT NULL)""",
    """CREATE TABLE common_terms (
         key bigint,
         first bigint,
         places bytea NOT NULL,
         PRIMARY KEY (key, first))""",
    """CREATE TABLE rare_terms (
         bucket integer,
         first bigint,
         terms bytea NOT NULL,
         PRIMARY KEY (bucket, first))""",
    # Hashes and bitmaps don't get smaller by compression, so none is tried; and what fits is kept in the row.
    "ALTER TABLE common_terms ALTER places SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160)",
    "ALTER TABLE rare_terms ALTER terms SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160)",
    "CREATE TABLE types (type text PRIMARY KEY)",
    # Apart from the entries: when retention ends a body is deleted, and its entry stays.
    """CREATE TABLE bodies (
         index bigint PRIMARY KEY,
         salt bytea NOT NULL,
         body bytea NOT NULL)""",
    # How large the log was, once a day: an entry below a size was logged before its time, whatever its producer says.
    """CREATE TABLE grown (
         time timestamptz PRIMARY KEY,
         size bigint NOT NULL)""",
    # Bodies deleted together, of entries from `first` on below `bound`; it is done with those below `following`.
    """CREATE TABLE retention_rounds (
         kind text,
         bound bigint,
         first bigint NOT NULL,
         following bigint NOT NULL,
         logged_before timestamptz NOT NULL,
         begin_time timestamptz NOT NULL,
         bodies bigint NOT NULL DEFAULT 0,
         lowest bigint,
         highest bigint,
         PRIMARY KEY (kind, bound))""",
    """CREATE TABLE statements (
         subject text,
         request_id uuid,
         create_time timestamptz NOT NULL,
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
    # The subject goes once every service has confirmed; the digest stays, so that no replay puts the identity back.
    """CREATE TABLE erasures (
         number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         id uuid NOT NULL UNIQUE,
         digest bytea NOT NULL,
         subject text,
         request_time timestamptz NOT NULL,
         restricted_until timestamptz,
         erase_time timestamptz,
         told_time timestamptz,
         confirmed text[] NOT NULL DEFAULT '{}')""",
    # Statistics are samples of the content, and outlive it.
    "ALTER TABLE bodies ALTER salt SET STATISTICS 0, ALTER body SET STATISTICS 0",
    """ALTER TABLE identities ALTER subject SET STATISTICS 0, ALTER token_subject SET STATISTICS 0,
         ALTER display_name SET STATISTICS 0, ALTER actors SET STATISTICS 0""",
    "ALTER TABLE erasures ALTER subject SET STATISTICS 0",
    "ALTER TABLE statements ALTER subject SET STATISTICS 0",
    "CREATE INDEX erasures_digest ON erasures (digest)",
    "CREATE UNIQUE INDEX erasures_waiting ON erasures (digest) WHERE erase_time IS NULL",
)


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    for statement in _STATEMENTS:
        op.execute(statement)
