"""Providers, invitations, certificates, sessions and the task journal."""

from alembic import op

from kit.database.schema import metadata

revision = "0001"
down_revision = None

_TABLES = (
    """CREATE TABLE providers (
         id text PRIMARY KEY,
         display_name text NOT NULL,
         country text NOT NULL,
         organisation text NOT NULL,
         create_time timestamptz NOT NULL,
         state_time timestamptz NOT NULL,
         link text NOT NULL,
         switched_off text[] NOT NULL,
         node_version text NOT NULL,
         epoch text NOT NULL,
         certificate_serial text NOT NULL,
         certificate_expire_time timestamptz)""",
    """CREATE TABLE invitations (
         token_hash bytea PRIMARY KEY,
         provider text NOT NULL REFERENCES providers,
         expire_time timestamptz NOT NULL,
         used boolean NOT NULL)""",
    """CREATE TABLE certificates (
         serial text PRIMARY KEY,
         provider text NOT NULL REFERENCES providers,
         expire_time timestamptz NOT NULL,
         revoked boolean NOT NULL)""",
    "CREATE INDEX certificates_provider ON certificates (provider)",
    # The latest session of each provider, which is also its only one that counts.
    """CREATE TABLE sessions (
         provider text PRIMARY KEY REFERENCES providers,
         number bigint NOT NULL,
         instance text NOT NULL,
         serial text NOT NULL,
         replica uuid NOT NULL,
         lease_until timestamptz NOT NULL,
         held boolean NOT NULL)""",
    # Every node process that had a session, so that the older of two is known when it comes back.
    """CREATE TABLE node_processes (
         provider text NOT NULL REFERENCES providers,
         instance text NOT NULL,
         PRIMARY KEY (provider, instance))""",
    # The furthest that each provider's ledger of privacy loss ever was.
    """CREATE TABLE ledgers (
         provider text PRIMARY KEY REFERENCES providers,
         ledger text NOT NULL,
         charges bigint NOT NULL)""",
    # No reference to providers: a task for an unknown one is kept, and refused.
    """CREATE TABLE tasks (
         id uuid PRIMARY KEY,
         number bigint GENERATED ALWAYS AS IDENTITY,
         provider text NOT NULL,
         asking_resource text NOT NULL,
         state text NOT NULL,
         deadline timestamptz NOT NULL,
         body bytea NOT NULL,
         traceparent text NOT NULL,
         trace_id bytea NOT NULL,
         delivered_as text NOT NULL DEFAULT '',
         create_time timestamptz NOT NULL,
         end_time timestamptz)""",
    "CREATE INDEX tasks_open ON tasks (provider, number) WHERE state IN ('PENDING', 'DELIVERED')",
    "CREATE INDEX tasks_deadline ON tasks (deadline) WHERE state IN ('PENDING', 'DELIVERED')",
    "CREATE INDEX tasks_ended ON tasks (end_time) WHERE end_time IS NOT NULL",
    "CREATE INDEX tasks_trace ON tasks (trace_id)",
)


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    for table in _TABLES:
        op.execute(table)
