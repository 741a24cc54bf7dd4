"""How far the hub has each node's own log."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # `told`: entries that the node said it has. `frontier`: right edge of the tree over those that were taken.
    op.execute(
        """CREATE TABLE node_logs (
             provider text NOT NULL REFERENCES providers,
             log text NOT NULL,
             entries bigint NOT NULL,
             told bigint NOT NULL,
             frontier bytea NOT NULL,
             take_time timestamptz,
             PRIMARY KEY (provider, log))"""
    )
