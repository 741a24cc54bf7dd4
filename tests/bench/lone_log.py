"""An audit log with a Kafka and a PostgreSQL of its own, to be measured."""

import asyncio
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kit.events.kafka import apply_topics
from kit.events.topics import ALL
from kit.settings import KafkaSettings
from stack.postgres import programs
from tests.integration.audit_log.world import AuditLog
from tests.real import running_kafka, running_postgres
from tests.world import LocalIssuer, issuing


@contextmanager
def lone_log() -> Iterator[tuple[AuditLog, LocalIssuer]]:
    """Not started yet; killed at the end."""
    with tempfile.TemporaryDirectory() as name, running_kafka() as kafka, running_postgres() as postgres:
        home = Path(name)
        (home / "log-home").mkdir()
        with issuing(home / "issuer") as issuer:
            asyncio.run(apply_topics(KafkaSettings(bootstrap=kafka.bootstrap), ALL))
            log = AuditLog(home / "log-home", kafka.bootstrap, postgres.fresh("audit_log"), issuer)
            try:
                yield log, issuer
            finally:
                if log.process is not None:
                    log.kill()


def scalar(log: AuditLog, sql: str) -> int:
    """The one number that a query of the log's database gives."""
    command = [str(programs() / "psql"), "-qAtc", sql, log.database_url]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def bytes_on_disk(log: AuditLog) -> int:
    """Of its database and its files."""
    return scalar(log, "SELECT pg_database_size(current_database())") + log.bytes_of_files()
