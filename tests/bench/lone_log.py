"""An audit log with a Kafka and a PostgreSQL of its own, to be measured."""

import asyncio
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kit.events.kafka import apply_topics
from kit.events.topics import ALL
from kit.settings import KafkaSettings
from stack.postgres import programs
from tests.integration.audit_log.world import AuditLog
from tests.real import OwnPostgres, running_kafka, running_postgres
from tests.world import LocalIssuer, issuing


@dataclass(frozen=True)
class LoneLog:
    """The log, whose process may not be started yet, and what is around it."""

    log: AuditLog
    issuer: LocalIssuer
    postgres: OwnPostgres

    def rows(self, sql: str) -> list[list[str]]:
        """What a query of the log's database gives."""
        command = [str(programs() / "psql"), "-qAt", "-F", "\t", "-c", sql, self.log.database_url]
        ran = subprocess.run(command, capture_output=True, check=True, text=True)
        return [line.split("\t") for line in ran.stdout.splitlines()]

    def scalar(self, sql: str) -> int:
        """The one number that a query of the log's database gives."""
        ((number,),) = self.rows(sql)
        return int(number)

    def bytes_on_disk(self) -> int:
        """Of its database and its files."""
        return self.scalar("SELECT pg_database_size(current_database())") + self.log.bytes_of_files()


@contextmanager
def lone_log() -> Iterator[LoneLog]:
    """Not started yet; killed at the end."""
    with tempfile.TemporaryDirectory() as name, running_kafka() as kafka, running_postgres() as postgres:
        home = Path(name)
        (home / "log-home").mkdir()
        with issuing(home / "issuer") as issuer:
            asyncio.run(apply_topics(KafkaSettings(bootstrap=kafka.bootstrap), ALL))
            log = AuditLog(home / "log-home", kafka.bootstrap, postgres.fresh("audit_log"), issuer)
            try:
                yield LoneLog(log, issuer, postgres)
            finally:
                if log.process is not None:
                    log.kill()
