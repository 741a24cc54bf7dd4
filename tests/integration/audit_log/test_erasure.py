"""People who ask to be forgotten are, once no law asks to know who they were, and by everybody."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import grpc
import pytest
from sqlalchemy import text

from kit.database.engine import Database
from kit.events import topics
from kit.events.erasure import HOLDERS
from oncordia.audit.v1 import entry_pb2, erasure_pb2, identity_pb2, messages_pb2
from oncordia.audit.v1.audit_log_service_pb2_grpc import AuditLogServiceStub
from oncordia.query.v1 import cohort_query_pb2, query_broker_service_pb2_grpc
from oncordia.query.v1 import messages_pb2 as query
from oncordia.registry.v1 import messages_pb2 as registry
from oncordia.registry.v1 import model_pb2, model_registry_service_pb2_grpc
from tests.federation_topics import Federation
from tests.integration.audit_log.days import YEAR, Days
from tests.integration.audit_log.test_reading import actor_of, refusal, search, there
from tests.integration.audit_log.world import AuditLog
from tests.real import FreshDatabase
from tests.world import LocalIssuer, ServiceProcess, until, wait_until

WHO = "researcher-1"
OTHERS = ("catalogue", "model_registry", "query_broker")
REQUESTED, CARRIED_OUT, CONFIRMED, YEAR_ENDED = (
    f"oncordia.events.v1.{name}"
    for name in ("ErasureRequested", "ErasureCarriedOut", "SubjectErased", "ActorYearEnded")
)


@contextlib.contextmanager
def running_others(
    log: AuditLog, kafka: str, postgres: FreshDatabase, issuer: LocalIssuer, home: Path
) -> Iterator[dict[str, ServiceProcess]]:
    """The other services that hold something of people, with the log's keys and the real time."""
    settings = {"ONCORDIA_KEYS_DIR": str(log.keys)}
    found = {n: ServiceProcess(n, home / n, kafka, postgres(n), issuer, dict(settings)) for n in OTHERS}
    with contextlib.ExitStack() as stack:
        for process in found.values():
            process.start(wait=False)
            stack.callback(process.stop)
        for process in found.values():
            process.wait_serving()
        yield found


@pytest.fixture
def others(
    log: AuditLog, days: Days, hub_kafka: str, postgres: FreshDatabase, issuer: LocalIssuer, tmp_path: Path
) -> Iterator[dict[str, ServiceProcess]]:
    """Running, like the log."""
    log.start(wait=False)
    with running_others(log, hub_kafka, postgres, issuer, tmp_path) as found:
        log.wait_serving()
        yield found


async def ask(broker: ServiceProcess) -> str:
    """Lets the person ask a query; its name."""
    federation = Federation(broker.kafka)
    await federation.start()
    await federation.put("ghent", epoch="e1")
    await federation.stop()
    question = cohort_query_pb2.CohortQuery(filter='modality = "MR"', providers=[federation.name("ghent")])
    request = query.CreateCohortQueryRequest(cohort_query=question, request_id=str(uuid4()))
    asked: list[str] = []

    async def succeeds() -> bool:
        with contextlib.suppress(grpc.aio.AioRpcError):
            created = await stub.CreateCohortQuery(request, metadata=broker.issuer.metadata(WHO))
            asked.append(created.name)
        return bool(asked)

    async with broker.channel() as channel:
        stub = query_broker_service_pb2_grpc.QueryBrokerServiceStub(channel)
        await until(succeeds)
    return asked[0]


async def register(registry_process: ServiceProcess) -> None:
    """Lets the person register a model."""
    about = model_pb2.Model(display_name="Finder", task=model_pb2.MODEL_TASK_SEGMENTATION)
    request = registry.CreateModelRequest(model_id=f"m-{uuid4().hex[:8]}", model=about, request_id=str(uuid4()))
    async with registry_process.channel() as channel:
        stub = model_registry_service_pb2_grpc.ModelRegistryServiceStub(channel)
        await stub.CreateModel(request, metadata=registry_process.issuer.metadata(WHO))


async def rows(process: ServiceProcess, sql: str, **values: object) -> int:
    database = Database(process.database_url)
    async with database.transaction() as transaction:
        done = await transaction.execute(text(sql), values)
        found = done.scalar_one() if done.returns_rows else done.rowcount
    await database.close()
    return int(found)


def resolve(stub: AuditLogServiceStub, days: Days, actor: str) -> identity_pb2.Identity:
    request = identity_pb2.ResolveActorRequest(actor=actor)
    return stub.ResolveActor(request, metadata=days.by("auditor-1"))


def known(stub: AuditLogServiceStub, days: Days, actor: str) -> bool:
    with contextlib.suppress(grpc.RpcError):
        return bool(resolve(stub, days, actor))
    return False


def request_by(
    stub: AuditLogServiceStub, days: Days, user: str = "operator-1", **person: object
) -> erasure_pb2.Erasure:
    request = erasure_pb2.RequestErasureRequest(**person)  # type: ignore[arg-type]  # one of the oneof's fields
    return stub.RequestErasure(request, metadata=days.by(user))


def listed(stub: AuditLogServiceStub, days: Days) -> list[erasure_pb2.Erasure]:
    request = erasure_pb2.ListErasuresRequest()
    return list(stub.ListErasures(request, metadata=days.by("operator-1")).erasures)


def about(stub: AuditLogServiceStub, days: Days, name: str, type_: str) -> list[entry_pb2.Entry]:
    return search(stub, days.by("auditor-1"), resource=name, type=type_)


def holder(log: AuditLog, user: str) -> erasure_pb2.TokenHolder:
    return erasure_pb2.TokenHolder(issuer=log.issuer.url, token_subject=user)


async def test_a_person_is_restricted_first_and_forgotten_by_all_when_the_duty_ends(
    log: AuditLog, days: Days, others: dict[str, ServiceProcess]
) -> None:
    year = datetime.now(UTC).year
    until_date = datetime(year + 1, 1, 1, tzinfo=UTC) + timedelta(days=YEAR)
    asked = await ask(others["query_broker"])
    await register(others["model_registry"])
    actor, auditor = actor_of(log, log.issuer, WHO), days.by("auditor-1")
    with log.stub() as stub:
        there(stub, auditor, resource=asked)
        wait_until(lambda: known(stub, days, actor))
        # Restricted, and said so; nobody learns from the answer who it is.
        erasure = request_by(stub, days, token_holder=holder(log, WHO))
        assert erasure.state == erasure_pb2.Erasure.STATE_RESTRICTED
        assert erasure.restricted_until.ToDatetime(UTC) == until_date
        assert request_by(stub, days, actor=actor) == request_by(stub, days, token_holder=holder(log, WHO)) == erasure
        assert listed(stub, days) == [erasure]
        restricted = resolve(stub, days, actor)
        assert (restricted.erasure, restricted.restricted_until) == (erasure.name, erasure.restricted_until)
        assert restricted.token_subject == WHO
        there(stub, auditor, resource=erasure.name)
        (requested,) = about(stub, days, erasure.name, REQUESTED)
        body = stub.GetEntry(messages_pb2.GetEntryRequest(name=requested.name), metadata=auditor).body
        for name in (WHO, actor, log.issuer.url, log.words()):
            assert name.encode() not in body
        # The duty does not end before its time, whoever kills the log.
        await days.pass_by((until_date - days.now).days - 2)
        log.kill()
        log.start()
        await days.pass_by(1)
        assert timedelta(days=1) < until_date - days.now < timedelta(days=2)
        assert known(stub, days, actor)
        assert listed(stub, days) == [erasure]
        # It is carried out by itself, and everybody confirms.
        await days.pass_by(2)
        await days.pass_by(2)
        wait_until(lambda: listed(stub, days)[0].state == erasure_pb2.Erasure.STATE_ERASED, 120)
        (done,) = listed(stub, days)
        assert set(done.confirmed) == set(HOLDERS)
        assert list(done.awaited) == []
        assert not done.HasField("restricted_until")
        (_,) = about(stub, days, erasure.name, CARRIED_OUT)
        assert {entry.producer for entry in about(stub, days, erasure.name, CONFIRMED)} == set(HOLDERS)
        refused = refusal(lambda: resolve(stub, days, actor))
        assert refused == (grpc.StatusCode.FAILED_PRECONDITION, "RETENTION_ENDED")
        # Names that nobody asked to forget are gone with their year as well.
        wait_until(lambda: bool(about(stub, days, f"actorKeys/{year}", YEAR_ENDED)))
        subject = await rows(log, "SELECT count(*) FROM erasures WHERE subject IS NOT NULL")
        assert subject == 0
    assert await rows(others["model_registry"], "SELECT count(*) FROM requests") == 0
    sql = "SELECT count(*) FROM cohort_queries WHERE id = :id AND owner = '' AND request_id IS NULL"
    assert await rows(others["query_broker"], sql, id=asked.removeprefix("cohortQueries/")) == 1
    await the_vaults_topic_is_replayed(log)
    assert await rows(log, "SELECT count(*) FROM identities WHERE token_subject = :who", who=WHO) == 0
    # Who comes back is known again, and may ask again.
    with log.stub() as stub:
        search(stub, days.by(WHO))
        back = await now_known(log, WHO)
        again = request_by(stub, days, token_holder=holder(log, WHO))
        assert again.name != erasure.name
        assert resolve(stub, days, back).erasure == again.name


async def the_vaults_topic_is_replayed(log: AuditLog) -> None:
    """From its beginning, as after a restore."""
    log.stop()
    found = "SELECT next_offset FROM consumer_offsets WHERE topic = :topic"
    end = await rows(log, found, topic=topics.IDENTITY.name)
    assert end > 0
    anew = "UPDATE consumer_offsets SET next_offset = 0 WHERE topic = :topic"
    await rows(log, anew, topic=topics.IDENTITY.name)
    log.start()

    async def read_again() -> bool:
        return await rows(log, found, topic=topics.IDENTITY.name) >= end

    await until(read_again, 60)


async def now_known(log: AuditLog, who: str) -> str:
    """A handle of the person, once the vault has one."""
    database = Database(log.database_url)
    handles: list[str] = []

    async def there_is_one() -> bool:
        async with database.reading() as reading:
            found = await reading.execute(
                text("SELECT jsonb_object_keys(actors) FROM identities WHERE token_subject = :who"), {"who": who}
            )
            handles[:] = found.scalars()
        return bool(handles)

    await until(there_is_one)
    await database.close()
    return handles[0]


async def test_who_may_ask_for_an_erasure_and_for_whom(log: AuditLog, days: Days) -> None:
    log.start()
    with log.stub() as stub:
        for user in ("auditor-1", WHO, "steward-1"):
            refused = refusal(lambda u=user: request_by(stub, days, u, actor="0" * 64))  # type: ignore[misc]
            assert refused[0] is grpc.StatusCode.PERMISSION_DENIED
        unknown = holder(log, f"nobody-{uuid4()}")
        for person in ({"actor": "0" * 64}, {"token_holder": unknown}):
            assert refusal(lambda p=person: request_by(stub, days, **p))[0] is grpc.StatusCode.NOT_FOUND  # type: ignore[misc]
        # That somebody looked for people is in the log.
        wait_until(lambda: len(about(stub, days, "erasures/unknown", REQUESTED)) == 2)
        for wrong in ({}, {"actor": "x"}, {"token_holder": erasure_pb2.TokenHolder(issuer="i")}):
            assert refusal(lambda p=wrong: request_by(stub, days, **p))[0] is grpc.StatusCode.INVALID_ARGUMENT  # type: ignore[misc]


async def test_who_signs_in_again_is_known_for_longer(log: AuditLog, days: Days) -> None:
    log.start()
    year = datetime.now(UTC).year
    actor = actor_of(log, log.issuer, WHO)
    with log.stub() as stub:
        search(stub, days.by(WHO))
        wait_until(lambda: known(stub, days, actor))
        erasure = request_by(stub, days, actor=actor)
        await days.pass_by(1)
        # In the next year.
        await days.pass_by(YEAR)
        search(stub, days.by(WHO))
        await days.pass_by(1)
        later = datetime(days.now.year + 1, 1, 1, tzinfo=UTC) + timedelta(days=YEAR)
        assert days.now.year > year
        wait_until(lambda: listed(stub, days)[0].restricted_until.ToDatetime(UTC) == later)
        assert listed(stub, days)[0].name == erasure.name


async def test_a_service_that_was_down_is_told_again_until_it_confirms(
    log: AuditLog, days: Days, hub_kafka: str, postgres: FreshDatabase, issuer: LocalIssuer, tmp_path: Path
) -> None:
    log.start()
    actor = actor_of(log, log.issuer, WHO)
    with log.stub() as stub:
        search(stub, days.by(WHO))
        wait_until(lambda: known(stub, days, actor))
        erasure = request_by(stub, days, actor=actor)
        over = erasure.restricted_until.ToDatetime(UTC)
        for passing in (1, (over - days.now).days + 1, 2):
            await days.pass_by(passing)
        wait_until(lambda: list(listed(stub, days)[0].confirmed) == ["audit_log"])
        assert listed(stub, days)[0].state == erasure_pb2.Erasure.STATE_ERASING
        assert set(listed(stub, days)[0].awaited) == set(OTHERS)
        told = "SELECT count(*) FROM outbox WHERE topic = :topic"
        assert await rows(log, told, topic=topics.ERASURE.name) == 1

        async def is_told_again() -> bool:
            return await rows(log, told, topic=topics.ERASURE.name) == 2

        await days.pass_by(2)
        await until(is_told_again)
        with running_others(log, hub_kafka, postgres, issuer, tmp_path):
            wait_until(lambda: listed(stub, days)[0].state == erasure_pb2.Erasure.STATE_ERASED, 120)
