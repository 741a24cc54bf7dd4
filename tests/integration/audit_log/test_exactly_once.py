"""Whatever dies when: every event is in the log once, and no checkpoint is ever contradicted."""

import asyncio
import random
from collections import Counter
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from audit_log.application.faults import FaultPoint
from kit.database.engine import Database
from oncordia.audit.v1 import messages_pb2
from tests.integration.audit_log.proofs import checkpoint, published_size, verify_files
from tests.integration.audit_log.world import AuditLog, Numbered, query_created, send
from tests.world import wait_until
from tlog.hashing import as_hash, leaf_hash
from tlog.record import LeafRecord
from tlog.verify import verify_consistency, verify_inclusion


async def times_logged(log: AuditLog, events: list[Numbered]) -> Counter[UUID]:
    ids = {event.event_id for event in events}
    database = Database(log.database_url)
    async with database.transaction() as transaction:
        found = await transaction.execute(text("SELECT event_id FROM entries"))
        result = Counter(UUID(str(one)) for one in found.scalars() if UUID(str(one)) in ids)
    await database.close()
    return result


def signed_size(log: AuditLog, at_least: int) -> None:
    with log.stub() as stub:
        stub.GetCheckpoint(messages_pb2.GetCheckpointRequest(at_least_size=at_least), timeout=60)


async def everything_is_in(log: AuditLog, events: list[Numbered]) -> None:
    """Waits until each event is in the log and all of the log is signed, and checks that each is there once."""
    async with asyncio.timeout(60):
        while len(counted := await times_logged(log, events)) < len(events):  # noqa: ASYNC110 - PostgreSQL tells no one
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


async def test_twenty_thousand_events_through_kills_are_logged_once_each(log: AuditLog) -> None:
    producer, chance = f"p-{uuid4().hex[:8]}", random.Random(4)
    log.settings["ONCORDIA_INGEST_BATCH"] = "700"
    events = [query_created(producer, number) for number in range(1, 20_001)]
    log.start()
    for start in range(0, 20_000, 5_000):
        await send(log.kafka, events[start : start + 5_000])
        signed_size(log, start + chance.randrange(1, 2_000))
        seen = checkpoint(log)
        log.kill()
        log.start()
        now = checkpoint(log)
        assert now.size >= seen.size
        if seen.size:
            with log.stub() as stub:
                request = messages_pb2.GetConsistencyProofRequest(old_size=seen.size, new_size=now.size)
                proof = [as_hash(one) for one in stub.GetConsistencyProof(request).hashes]
            verify_consistency(
                old_size=seen.size, old_root=seen.root, new_size=now.size, new_root=now.root, proof=proof
            )
    # Events that are sent again, by a producer that lost its answer.
    await send(log.kafka, events[:500])
    await everything_is_in(log, events)
    published, leaves = verify_files(log)
    with log.stub() as stub:
        for index in chance.sample(range(published.size), 20):
            answer = stub.GetInclusionProof(
                messages_pb2.GetInclusionProofRequest(index=index, tree_size=published.size)
            )
            hashes = [as_hash(one) for one in answer.hashes]
            verify_inclusion(
                leaf=leaf_hash(leaves[index]), index=index, size=published.size, root=published.root, proof=hashes
            )


@pytest.mark.parametrize("point", list(FaultPoint))
async def test_dying_at_any_point_loses_and_doubles_nothing(log: AuditLog, point: FaultPoint) -> None:
    producer = f"p-{uuid4().hex[:8]}"
    events = [query_created(producer, number, organisation=producer) for number in range(1, 301)]
    await send(log.kafka, events[:150])
    log.settings |= {"ONCORDIA_INGEST_BATCH": "100", "ONCORDIA_SEARCH_CHUNK": "50"}
    log.start_to_fail(f"{point}:2")
    await send(log.kafka, events[150:])
    assert log.ended() == -9
    log.start()
    await everything_is_in(log, events)
    with log.stub() as stub:
        request = messages_pb2.SearchEntriesRequest(organisation=producer, page_size=1_000)
        answer = stub.SearchEntries(request, metadata=log.issuer.metadata("auditor-1"))
    assert sorted(entry.event_id for entry in answer.entries) == sorted(str(event.event_id) for event in events)
