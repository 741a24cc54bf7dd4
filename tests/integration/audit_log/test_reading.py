"""Who reads what, through gRPC with real tokens."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import grpc
import pytest

from kit.identity.handles import Handles
from kit.rpc.status import reason_of
from oncordia.audit.v1 import entry_pb2, identity_pb2, messages_pb2
from oncordia.audit.v1.audit_log_service_pb2_grpc import AuditLogServiceStub
from oncordia.events.v1 import audit_pb2
from tests.integration.audit_log.world import AuditLog, query_created, send
from tests.world import LocalIssuer, Metadata, wait_until
from tlog.body import EventBody
from tlog.record import LeafRecord, Salt, verify_commitment


def actor_of(log: AuditLog, issuer: LocalIssuer, user: str) -> str:
    handles = Handles(log.keys)
    return handles.actor(handles.subject(issuer.url, user), datetime.now(UTC))


def refusal(call: Callable[[], object]) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as refused:
        call()
    return refused.value.code(), reason_of(refused.value)


def get(stub: AuditLogServiceStub, name: str, who: Metadata) -> entry_pb2.Entry:
    return stub.GetEntry(messages_pb2.GetEntryRequest(name=name), metadata=who)


def search(stub: AuditLogServiceStub, who: Metadata, **conditions: object) -> list[entry_pb2.Entry]:
    request = messages_pb2.SearchEntriesRequest(**conditions)  # type: ignore[arg-type]  # the fields of each test
    return list(stub.SearchEntries(request, metadata=who).entries)


def there(stub: AuditLogServiceStub, who: Metadata, **conditions: object) -> entry_pb2.Entry:
    """The newest entry that matches, once there is one."""
    wait_until(lambda: bool(search(stub, who, **conditions)))
    return search(stub, who, **conditions)[0]


async def test_an_entry_is_read_by_its_actor_steward_and_auditor_and_is_not_there_for_others(
    log: AuditLog, issuer: LocalIssuer
) -> None:
    log.start()
    producer = f"p-{uuid4().hex[:8]}"
    actor = actor_of(log, issuer, "researcher-1")
    event = query_created(producer, 1, actor=actor, organisation="demo-leuven", country="BE")
    await send(log.kafka, [event])
    name = f"events/{event.event_id}"
    auditor, owner, steward = (issuer.metadata(user) for user in ("auditor-1", "researcher-1", "steward-1"))
    with log.stub() as stub:
        there(stub, auditor, resource=event.key)
        full = get(stub, name, auditor)
        record = LeafRecord.decode(full.leaf)
        verify_commitment(record, Salt(full.salt), full.body)
        assert EventBody.decode(full.body).value == event.value
        assert event.key in full.payload_json
        for who in (owner, steward):
            seen = get(stub, name, who)
            assert seen.leaf == full.leaf
            assert not seen.HasField("body")
            assert not seen.HasField("payload_json")
            assert [e.event_id for e in search(stub, who, resource=event.key)] == [str(event.event_id)]
        for user in ("researcher-2", "steward-2", "operator-1"):
            stranger = issuer.metadata(user)
            found = refusal(lambda w=stranger: get(stub, name, w))  # type: ignore[misc]
            missing = refusal(lambda w=stranger: get(stub, f"events/{uuid4()}", w))  # type: ignore[misc]
            assert found == missing == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
            assert search(stub, stranger, resource=event.key) == []
        assert refusal(lambda: get(stub, name, ()))[0] is grpc.StatusCode.UNAUTHENTICATED
        # That the auditor was given a body is itself in the log.
        read = there(stub, auditor, resource=full.name, type="oncordia.events.v1.LogRead")
        assert read.actor == actor_of(log, issuer, "auditor-1")


async def test_search_pages_stay_stable_while_the_log_grows(log: AuditLog, issuer: LocalIssuer) -> None:
    log.start()
    producer, actor = f"p-{uuid4().hex[:8]}", uuid4().hex * 2
    events = [query_created(producer, n, actor=actor) for n in range(1, 31)]
    await send(log.kafka, events)
    auditor = issuer.metadata("auditor-1")
    with log.stub() as stub:
        wait_until(lambda: len(search(stub, auditor, actor=actor)) == 30)
        seen: list[str] = []
        token = ""
        for page in range(3):
            request = messages_pb2.SearchEntriesRequest(
                actor=actor, type="oncordia.events.v1.Cohort*", page_size=10, page_token=token
            )
            answer = stub.SearchEntries(request, metadata=auditor)
            seen += [entry.event_id for entry in answer.entries]
            token = answer.next_page_token
            await send(log.kafka, [query_created(producer, 31 + page, actor=actor)])
        assert token == ""
        assert sorted(seen) == sorted(str(event.event_id) for event in events)
        trace = search(stub, auditor, actor=actor)[0].trace_id
        assert len(search(stub, auditor, trace_id=trace)) == 1
        bad = messages_pb2.SearchEntriesRequest(page_token="x")
        assert refusal(lambda: stub.SearchEntries(bad, metadata=auditor))[0] is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_statement_is_appended_once_however_often_it_is_asked(log: AuditLog, issuer: LocalIssuer) -> None:
    log.start()
    operator, auditor = issuer.metadata("operator-1"), issuer.metadata("auditor-1")
    resource = f"entries/{uuid4()}"
    request = messages_pb2.AppendEntryRequest(kind="NOTE", resource=resource, statement="seen", request_id=str(uuid4()))
    with log.stub() as stub:
        first = stub.AppendEntry(request, metadata=operator)
        assert stub.AppendEntry(request, metadata=operator) == first
        entry = there(stub, auditor, resource=resource)
        assert (entry.event_id, entry.type) == (first.event_id, audit_pb2.StatementAppended.DESCRIPTOR.full_name)
        request.statement = "something else"
        assert refusal(lambda: stub.AppendEntry(request, metadata=operator))[1] == "REQUEST_ID_USED"
        assert refusal(lambda: stub.AppendEntry(request, metadata=issuer.metadata("researcher-1")))[0] is (
            grpc.StatusCode.PERMISSION_DENIED
        )


async def test_an_auditor_learns_who_is_behind_a_handle_and_that_is_logged(log: AuditLog, issuer: LocalIssuer) -> None:
    log.start()
    auditor, researcher = issuer.metadata("auditor-1"), issuer.metadata("researcher-1")
    actor = actor_of(log, issuer, "researcher-1")
    asked = identity_pb2.ResolveActorRequest(actor=actor)

    def known() -> bool:
        with contextlib.suppress(grpc.RpcError):
            return bool(stub.ResolveActor(asked, metadata=auditor))
        return False

    with log.stub() as stub:
        search(stub, researcher)  # the first use of the token seals the identity
        await asyncio.to_thread(wait_until, known)
        identity = stub.ResolveActor(asked, metadata=auditor)
        assert (identity.token_subject, identity.organisation) == ("researcher-1", "demo-university-leuven")
        there(stub, auditor, resource=f"actors/{actor}", type="oncordia.events.v1.ActorResolved")
        assert refusal(lambda: stub.ResolveActor(asked, metadata=researcher))[0] is grpc.StatusCode.PERMISSION_DENIED


async def test_proofs_beyond_the_log_are_refused_by_their_field(log: AuditLog, issuer: LocalIssuer) -> None:
    log.start()
    with log.stub() as stub:
        size = stub.GetCheckpoint(messages_pb2.GetCheckpointRequest()).tree_size + 10_000_000
        for call in (
            lambda: stub.GetInclusionProof(messages_pb2.GetInclusionProofRequest(index=size)),
            lambda: stub.GetInclusionProof(messages_pb2.GetInclusionProofRequest(index=-1)),
            lambda: stub.GetInclusionProof(messages_pb2.GetInclusionProofRequest(tree_size=size)),
            lambda: stub.GetConsistencyProof(messages_pb2.GetConsistencyProofRequest(old_size=0)),
            lambda: stub.GetConsistencyProof(messages_pb2.GetConsistencyProofRequest(old_size=size)),
        ):
            assert refusal(call)[0] is grpc.StatusCode.INVALID_ARGUMENT
