"""An audit log of each test's own, on the session's Kafka and PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.audit_log.days import Days, days_of
from tests.integration.audit_log.world import AuditLog
from tests.real import FreshDatabase
from tests.world import LocalIssuer


@pytest.fixture
def log(hub_kafka: str, postgres: FreshDatabase, issuer: LocalIssuer, tmp_path: Path) -> Iterator[AuditLog]:
    """Not started yet."""
    result = AuditLog(tmp_path, hub_kafka, postgres("audit_log"), issuer)
    yield result
    result.stop()


@pytest.fixture
def days(log: AuditLog, tmp_path: Path) -> Days:
    """Moves the clock of the log."""
    return days_of(log, tmp_path / "days")
