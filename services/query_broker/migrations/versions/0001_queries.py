"""Queries, answers, and the read model of providers."""

from alembic import op

from kit.database.schema import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    op.execute("""
        CREATE TABLE providers (
          name text PRIMARY KEY, display_name text NOT NULL, country text NOT NULL, state text NOT NULL)""")
    op.execute("""
        CREATE TABLE cohort_queries (
          id text PRIMARY KEY, owner text NOT NULL, organisation text NOT NULL, country text NOT NULL,
          filter text NOT NULL, expression bytea NOT NULL, canonical_filter text NOT NULL, warnings jsonb NOT NULL,
          purpose text NOT NULL, state text NOT NULL, create_time timestamptz NOT NULL, deadline timestamptz NOT NULL,
          end_time timestamptz, trace_id text NOT NULL, request_id text, request_digest bytea NOT NULL)""")
    # Statistics are samples of the content, and outlive it: of people, none.
    op.execute("ALTER TABLE cohort_queries ALTER owner SET STATISTICS 0")
    op.execute("CREATE UNIQUE INDEX cohort_queries_request ON cohort_queries (owner, request_id)")
    op.execute("CREATE INDEX cohort_queries_newest ON cohort_queries (owner, create_time DESC, id DESC)")
    op.execute("CREATE INDEX cohort_queries_running ON cohort_queries (deadline) WHERE state = 'RUNNING'")
    op.execute("""
        CREATE TABLE provider_answers (
          query_id text NOT NULL REFERENCES cohort_queries, provider text NOT NULL, display_name text NOT NULL,
          country text NOT NULL, task_id text NOT NULL, update_time timestamptz NOT NULL, state text NOT NULL,
          report jsonb NOT NULL, PRIMARY KEY (query_id, provider))""")
