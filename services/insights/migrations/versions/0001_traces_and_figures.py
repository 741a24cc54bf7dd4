"""Spans, and the read models of the country figures."""

from __future__ import annotations

from alembic import op

from kit.database.schema import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    op.execute(
        """CREATE TABLE spans (
             trace_id bytea NOT NULL,
             span_id bytea NOT NULL,
             parent_span_id bytea,
             name text NOT NULL,
             kind text NOT NULL,
             service text NOT NULL,
             country text NOT NULL,
             start_nano bigint NOT NULL,
             end_nano bigint NOT NULL,
             error boolean NOT NULL,
             attributes jsonb NOT NULL,
             links jsonb NOT NULL,
             receive_time timestamptz NOT NULL DEFAULT now(),
             PRIMARY KEY (trace_id, span_id))"""
    )
    op.execute("CREATE INDEX spans_receive_time ON spans (receive_time)")
    # Partition and offset: the newest message that a row has taken, so that an older one delivered late changes
    # nothing. A removed resource keeps its row for the same reason.
    op.execute(
        """CREATE TABLE providers (
             name text PRIMARY KEY,
             organisation text NOT NULL,
             country text NOT NULL,
             live boolean NOT NULL,
             removed boolean NOT NULL,
             message_partition int NOT NULL,
             message_offset bigint NOT NULL)"""
    )
    op.execute("CREATE INDEX providers_organisation ON providers (organisation)")
    op.execute(
        """CREATE TABLE data_sets (
             name text PRIMARY KEY,
             country text NOT NULL,
             subjects bigint NOT NULL,
             removed boolean NOT NULL,
             message_partition int NOT NULL,
             message_offset bigint NOT NULL)"""
    )
    op.execute(
        """CREATE TABLE counted_events (
             event_id uuid PRIMARY KEY,
             count_time timestamptz NOT NULL DEFAULT now())"""
    )
    op.execute("CREATE INDEX counted_events_count_time ON counted_events (count_time)")
    op.execute(
        """CREATE TABLE event_counts (
             country text NOT NULL,
             figure text NOT NULL,
             events bigint NOT NULL,
             PRIMARY KEY (country, figure))"""
    )


def downgrade() -> None:
    for table in ("event_counts", "counted_events", "data_sets", "providers", "spans"):
        op.execute(f"DROP TABLE {table}")
    metadata.drop_all(op.get_bind())
