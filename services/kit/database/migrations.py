"""Runs a service's own Alembic history, in its own schema, one migrator at a time."""

from __future__ import annotations

import importlib

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from kit.database.engine import Database

# One lock for all: migrations are rare, and two replicas that start together must not both run them.
_LOCK = 0x0C0_0D1A


def _upgrade(connection: Connection, service: str) -> None:
    package = importlib.import_module(f"{service}.migrations")
    config = Config()
    config.set_main_option("script_location", next(iter(package.__path__)))
    script = ScriptDirectory.from_config(config)
    with EnvironmentContext(
        config, script, fn=lambda revision, _: script._upgrade_revs("head", revision)
    ) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        with environment.begin_transaction():
            environment.run_migrations()


async def migrate(database: Database, service: str) -> None:
    """Brings the schema of `service` (its import name) to its newest revision. Safe to run twice at a time."""
    async with database.transaction() as transaction:
        await transaction.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        await transaction.run_sync(_upgrade, service)
