"""Sends events to a log that is killed all the while, and counts them afterwards."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from sqlalchemy import text

from audit_log.domain.published import Published
from kit.database.engine import Database
from oncordia.audit.v1 import messages_pb2
from tests.integration.audit_log.proofs import checkpoint, published_size, verify_files
from tests.integration.audit_log.world import AuditLog, Numbered, send
from tests.world import wait_until
from tlog.record import LeafRecord

_BETWEEN = 5_000


async def send_through_kills(
    log: AuditLog, events: Sequence[Numbered], chance: random.Random
) -> AsyncIterator[tuple[Published, Published]]:
    """Gives the checkpoints seen before and after each kill -9, one for each 5,000 events. The log is running."""
    for start in range(0, len(events), _BETWEEN):
        await send(log.kafka, events[start : start + _BETWEEN])
        signed_size(log, start + chance.randrange(1, 2_000))
        # It is committed before it is served.
        wait_until(lambda: published_size(log) > 0)
        before = checkpoint(log)
        log.kill()
        log.start()
        yield before, checkpoint(log)


def signed_size(log: AuditLog, at_least: int) -> None:
    """Waits for a checkpoint of that size."""
    with log.stub() as stub:
        stub.GetCheckpoint(messages_pb2.GetCheckpointRequest(at_least_size=at_least), timeout=60)


async def everything_is_in(log: AuditLog, events: Sequence[Numbered]) -> None:
    """Waits until each event is in the log and all of the log is signed, and checks that each is there once."""
    async with asyncio.timeout(60):
        while len(counted := await _times_logged(log, events)) < len(events):  # noqa: ASYNC110 - PostgreSQL tells no one
            await asyncio.sleep(0.1)
    assert counted == Counter(event.event_id for event in events)
    database = Database(log.database_url)
    async with database.transaction() as transaction:
        size = (await transaction.execute(text("SELECT count(*) FROM entries"))).scalar_one()
    await database.close()
    signed_size(log, size)
    wait_until(lambda: published_size(log) >= size)
    logged = Counter(LeafRecord.decode(leaf).event_id for leaf in verify_files(log)[1])
    assert {logged[event.event_id] for event in events} == {1}


async def _times_logged(log: AuditLog, events: Sequence[Numbered]) -> Counter[UUID]:
    ids = {event.event_id for event in events}
    database = Database(log.database_url)
    async with database.transaction() as transaction:
        found = await transaction.execute(text("SELECT event_id FROM entries"))
        result = Counter(UUID(str(one)) for one in found.scalars() if UUID(str(one)) in ids)
    await database.close()
    return result
