"""Contents go when their retention ends; leaves, places and proofs stay."""

from __future__ import annotations

import contextlib
import itertools
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import grpc
from google.protobuf import json_format
from sqlalchemy import text

from audit_log.adapters.bodies import PostgresBodies
from audit_log.adapters.statements import PostgresStatements
from audit_log.adapters.tree import PostgresLeaves
from audit_log.application.expire_bodies import ExpireBodies
from audit_log.application.record import Record
from audit_log.domain.retention import Kind, Retention, Round
from kit.database.engine import Database, Transaction
from kit.events.outbox import Outbox
from oncordia.audit.v1 import entry_pb2, messages_pb2
from oncordia.audit.v1.audit_log_service_pb2_grpc import AuditLogServiceStub
from oncordia.events.v1 import audit_pb2, registry_pb2
from tests.integration.audit_log.days import YEAR, Days
from tests.integration.audit_log.proofs import verify_files
from tests.integration.audit_log.through_kills import everything_is_in, signed_size
from tests.integration.audit_log.world import AuditLog, Numbered, numbered, query_created, send
from tests.world import until, wait_until
from tlog.evidence import Evidence, Opening, verify_evidence
from tlog.hashing import Hash
from tlog.keys import VerifierKey
from tlog.note import Note
from tlog.record import Salt

DAY = timedelta(days=1)
EXPIRED = audit_pb2.BodiesExpired.DESCRIPTOR.full_name


def model_created(producer: str, number: int) -> Numbered:
    """An event that is no access record."""
    return numbered(producer, number, "registry", f"models/{uuid4().hex}", registry_pb2.ModelCreated())


def entry_of(stub: AuditLogServiceStub, days: Days, event: Numbered) -> entry_pb2.Entry:
    request = messages_pb2.GetEntryRequest(name=f"events/{event.event_id}")
    return stub.GetEntry(request, metadata=days.by("auditor-1"))


async def told_of(log: AuditLog, kind: Kind, stub: AuditLogServiceStub, days: Days) -> entry_pb2.Entry:
    """The one entry that this log made of what it deleted; Kafka also has those of other tests' logs."""
    database = Database(log.database_url)
    ids: list[UUID] = []

    async def is_told() -> bool:
        async with database.reading() as reading:
            key = {"key": f"retentions/{kind}"}
            found = await reading.execute(text("SELECT event_id FROM outbox WHERE key = :key"), key)
            ids[:] = found.scalars()
        return bool(ids)

    await until(is_told)
    await database.close()
    (event_id,) = ids
    by_id = messages_pb2.GetEntryRequest(name=f"events/{event_id}")

    def is_logged() -> bool:
        with contextlib.suppress(grpc.RpcError):
            return bool(stub.GetEntry(by_id, metadata=days.by("auditor-1")))
        return False

    wait_until(is_logged)
    return stub.GetEntry(by_id, metadata=days.by("auditor-1"))


def told(stub: AuditLogServiceStub, days: Days, entry: entry_pb2.Entry) -> audit_pb2.BodiesExpired:
    full = stub.GetEntry(messages_pb2.GetEntryRequest(name=entry.name), metadata=days.by("auditor-1"))
    return json_format.Parse(full.payload_json, audit_pb2.BodiesExpired())


def evidence_of(stub: AuditLogServiceStub, entry: entry_pb2.Entry, opening: Opening | None) -> Evidence:
    proof = stub.GetInclusionProof(messages_pb2.GetInclusionProofRequest(index=entry.index))
    hashes = tuple(Hash(each) for each in proof.hashes)
    return Evidence(entry.index, entry.leaf, opening, hashes, Note.parse(proof.checkpoint.encode()))


async def test_bodies_go_when_the_retention_of_their_kind_ends_and_proofs_stay(log: AuditLog, days: Days) -> None:
    producer = f"p-{uuid4().hex[:8]}"
    queries = [query_created(producer, number) for number in range(1, 21)]
    models = [model_created(producer, number) for number in range(21, 31)]
    log.start()
    await send(log.kafka, [*queries, *models])
    await everything_is_in(log, [*queries, *models])
    with log.stub() as stub:
        before = entry_of(stub, days, queries[0])
        opening = Opening(Salt(before.salt), before.body)
        # What is logged within a day is noted as of its end.
        await days.pass_by(1)
        await days.pass_by(YEAR)
        assert entry_of(stub, days, queries[0]).HasField("body"), "a clock that jumped is not believed at once"
        await days.pass_by(1)
        entry = await told_of(log, Kind.ACCESS, stub, days)
        for event in queries:
            gone = entry_of(stub, days, event)
            assert not gone.HasField("body")
            assert not gone.HasField("salt")
            assert not gone.HasField("payload_json")
            ended = gone.body_end_time.ToDatetime(UTC)
            assert abs(ended - (datetime.now(UTC) + (YEAR + 2) * DAY)) < timedelta(hours=1)
        for event in models:
            kept = entry_of(stub, days, event)
            assert kept.HasField("body")
            assert not kept.HasField("body_end_time")
        # One entry tells of all that went.
        indexes = [entry_of(stub, days, event).index for event in queries]
        content = told(stub, days, entry)
        assert content.bodies >= len(queries)
        assert content.first_index <= min(indexes)
        assert content.last_index >= max(indexes)
        # The leaf, its place and its proof stay, and so does evidence that was taken before.
        key = VerifierKey.parse((log.keys / "log.pub").read_text().strip())
        signed_size(log, entry.index + 1)
        assert verify_evidence(evidence_of(stub, gone, None), key).body is None
        assert verify_evidence(evidence_of(stub, before, opening), key).body is not None
        # Others go later, and a log that was killed in between knows all the same when what was deleted.
        log.kill()
        log.start()
        await days.pass_by(YEAR)
        await days.pass_by(1)
        wait_until(lambda: not entry_of(stub, days, models[0]).HasField("body"))
        assert entry_of(stub, days, queries[-1]).body_end_time.ToDatetime(UTC) == ended
    verify_files(log)
    # What is delivered again after that is still known.
    await send(log.kafka, [*queries, *models])
    await everything_is_in(log, [*queries, *models])


async def test_a_retention_below_a_year_keeps_the_log_from_starting(log: AuditLog) -> None:
    log.settings["ONCORDIA_RETENTION_ACCESS_DAYS"] = "365"
    log.start(wait=False)
    assert log.ended() == 1
    assert "ONCORDIA_RETENTION_ACCESS_DAYS" in log.words()
    assert "73(1)(e)" in log.words()


@dataclass
class Hands:
    """A clock that is set by hand."""

    time: datetime

    def now(self) -> datetime:
        return self.time


class Died(Exception):
    """The process is killed here, as far as the database can tell."""


class Deadly:
    """Kills at one of so many chances, on average; never without a seed."""

    def __init__(self, seed: int | None) -> None:
        self._chance = None if seed is None else random.Random(seed)

    def __call__(self) -> None:
        if self._chance is not None and self._chance.random() < 0.3:
            raise Died


@dataclass
class DeadlyBodies(PostgresBodies):
    """Dies when the bodies are deleted and nothing is committed yet."""

    deadly: Deadly

    async def delete(self, transaction: Transaction, current: Round, most: int) -> tuple[Round, int]:
        result = await super().delete(transaction, current, most)
        self.deadly()
        return result


@dataclass
class Deleting:
    """What deletes bodies, without the process around it."""

    database: Database
    clock: Hands

    async def on(self, time: datetime, seed: int | None = None) -> None:
        """What the log does at that time. With a seed it may die before or after the commit of each batch."""
        self.clock.time = time
        deadly = Deadly(seed)
        await ExpireBodies(
            self.database,
            PostgresLeaves(self.database),
            DeadlyBodies(deadly),
            PostgresStatements(),
            Record(Outbox("audit_log", self.clock)),
            Retention(YEAR * DAY, 3 * YEAR * DAY),
            self.clock,
            lambda _kind, _bodies: deadly(),
            batch=7,
        )()

    async def counts(self) -> tuple[int, int]:
        """Bodies that are left, and events that tell of deletions."""
        async with self.database.reading() as reading:
            bodies = (await reading.execute(text("SELECT count(*) FROM bodies"))).scalar_one()
            told = (
                await reading.execute(text("SELECT count(*) FROM outbox WHERE key = 'retentions/access'"))
            ).scalar_one()
        return bodies, told


@contextlib.asynccontextmanager
async def a_log_of(log: AuditLog, queries: int) -> AsyncIterator[Deleting]:
    """A log of so many access records and nothing else, whose process has ended."""
    producer = f"p-{uuid4().hex[:8]}"
    events = [query_created(producer, number) for number in range(1, queries + 1)]
    log.start()
    await send(log.kafka, events)
    await everything_is_in(log, events)
    log.stop()
    database = Database(log.database_url)
    async with database.transaction() as transaction:
        await transaction.execute(
            text(
                """DELETE FROM bodies USING entries
                   WHERE entries.index = bodies.index AND entries.type NOT LIKE '%CohortQuery%'"""
            )
        )
        await transaction.execute(text("DELETE FROM grown"))
    yield Deleting(database, Hands(datetime.now(UTC)))
    await database.close()


async def test_a_round_that_dies_anywhere_is_ended_and_told_once(log: AuditLog) -> None:
    start = datetime.now(UTC)
    async with a_log_of(log, 60) as deleting:
        everything = await deleting.counts()
        await deleting.on(start)
        await deleting.on(start + (YEAR + 1) * DAY)
        assert await deleting.counts() == everything
        deaths, left = 0, everything[0]
        for seed in itertools.count():
            try:
                await deleting.on(start + (YEAR + 2) * DAY, seed)
            except Died:
                deaths += 1
                before, left = left, (await deleting.counts())[0]
                assert left <= before
            else:
                break
        assert deaths > 2
        assert await deleting.counts() == (0, 1)
        # Nothing is left to be told of.
        await deleting.on(start + (YEAR + 4) * DAY)
        assert await deleting.counts() == (0, 1)


async def test_a_clock_that_jumps_ahead_and_back_deletes_nothing(log: AuditLog) -> None:
    start = datetime.now(UTC)
    async with a_log_of(log, 5) as deleting:
        before = await deleting.counts()
        await deleting.on(start)
        await deleting.on(start + 20 * YEAR * DAY)
        await deleting.on(start + 20 * YEAR * DAY + timedelta(hours=23))
        for hours in range(0, 72, 8):
            await deleting.on(start + timedelta(hours=hours))
        assert await deleting.counts() == before
        # Time goes on from where it was.
        await deleting.on(start + (YEAR + 4) * DAY)
        await deleting.on(start + (YEAR + 5) * DAY)
        assert await deleting.counts() == (0, 1)
