"""One log for all tests of this folder, and the verifiers of others."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.audit_log.world import AuditLog
from tests.integration.foreign.by_fsck import fsck
from tests.integration.foreign.by_scales import scales
from tests.integration.foreign.by_sumdb import sumdb
from tests.integration.foreign.standing_log import StandingLog, standing_log
from tests.integration.foreign.verifier import Verifier
from tests.real import FreshDatabase
from tests.world import LocalIssuer

_VERIFIERS = {"sumdb": sumdb, "fsck": fsck, "tlog-scales": scales}


@pytest_asyncio.fixture(scope="session")
async def standing(
    hub_kafka: str, postgres: FreshDatabase, issuer: LocalIssuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[StandingLog]:
    """Runs, so that it can be asked, and stands still: no test may read a body from it, which would be logged."""
    log = AuditLog(tmp_path_factory.mktemp("log"), hub_kafka, postgres("audit_log"), issuer)
    try:
        yield await standing_log(log, issuer, seed=4)
    finally:
        log.stop()


@pytest.fixture(scope="session", params=_VERIFIERS)
def verifier(request: pytest.FixtureRequest) -> Verifier:
    return _VERIFIERS[request.param]()
