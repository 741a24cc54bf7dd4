"""Whatever dies when: every event is in the log once, and no checkpoint is ever contradicted."""

import random
from uuid import uuid4

import pytest

from audit_log.application.faults import FaultPoint
from oncordia.audit.v1 import messages_pb2
from tests.integration.audit_log.proofs import verify_files
from tests.integration.audit_log.through_kills import everything_is_in, send_through_kills
from tests.integration.audit_log.world import AuditLog, query_created, send
from tlog.hashing import as_hash, leaf_hash
from tlog.verify import verify_consistency, verify_inclusion

# The others lie behind witnesses; tests/integration/witness dies there.
WITHOUT_WITNESSES = [point for point in FaultPoint if not point.startswith("cosigned")]


async def test_twenty_thousand_events_through_kills_are_logged_once_each(log: AuditLog) -> None:
    producer, chance = f"p-{uuid4().hex[:8]}", random.Random(4)
    log.settings["ONCORDIA_INGEST_BATCH"] = "700"
    events = [query_created(producer, number) for number in range(1, 20_001)]
    log.start()
    async for seen, now in send_through_kills(log, events, chance):
        assert now.size >= seen.size
        with log.stub() as stub:
            request = messages_pb2.GetConsistencyProofRequest(old_size=seen.size, new_size=now.size)
            proof = [as_hash(one) for one in stub.GetConsistencyProof(request).hashes]
        verify_consistency(old_size=seen.size, old_root=seen.root, new_size=now.size, new_root=now.root, proof=proof)
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


@pytest.mark.parametrize("point", WITHOUT_WITNESSES)
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
