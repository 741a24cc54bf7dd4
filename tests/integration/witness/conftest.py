"""A log and witnesses of each test's own, on the session's Kafka and PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kit.identity.log_key import read_log_key
from tests.integration.audit_log.world import AuditLog
from tests.integration.witness.world import Witness
from tests.real import FreshDatabase
from tests.world import LocalIssuer
from tlog.keys import KeyType, SignerKey

LOG_KEY = SignerKey("log.example/tree", KeyType.ED25519, b"l" * 32)


@pytest.fixture
def log(hub_kafka: str, postgres: FreshDatabase, issuer: LocalIssuer, tmp_path: Path) -> Iterator[AuditLog]:
    """Not started yet."""
    home = tmp_path / "log"
    home.mkdir()
    result = AuditLog(home, hub_kafka, postgres("audit_log"), issuer)
    result.settings |= {"ONCORDIA_WITNESS_SECONDS": "0.1", "ONCORDIA_WITNESS_BACKOFF_SECONDS": "0.5"}
    yield result
    result.stop()


@pytest.fixture
def make_witness(tmp_path: Path) -> Iterator[Callable[[str, SignerKey], Witness]]:
    """Makes a witness of a name that knows the log of a key; not started yet."""
    made: list[Witness] = []

    def make(name: str, log: SignerKey) -> Witness:
        made.append(Witness(name, tmp_path / name, [log.verifier()]))
        return made[-1]

    yield make
    for witness in made:
        witness.stop()


@pytest.fixture
def witnesses(log: AuditLog, make_witness: Callable[[str, SignerKey], Witness]) -> list[Witness]:
    """Two that know the log, both running."""
    key = read_log_key(log.keys)
    both = [make_witness(name, key) for name in ("anna", "bert")]
    for witness in both:
        witness.start()
    return both


@pytest.fixture
def witness(make_witness: Callable[[str, SignerKey], Witness]) -> Witness:
    """One that knows a log whose key the test has, LOG_KEY; running."""
    made = make_witness("anna", LOG_KEY)
    made.start()
    return made
