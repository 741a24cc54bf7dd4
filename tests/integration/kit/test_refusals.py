"""Refused calls become events, and a flood of them doesn't fill the outbox."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from kit.clock import SystemClock
from kit.database.engine import Database
from kit.database.schema import metadata
from kit.errors import PermissionDenied, Unauthenticated
from kit.events import topics
from kit.events.outbox import Outbox
from kit.events.refusals import MOST_KINDS, Refusals
from kit.identity.caller import Caller, Role
from oncordia.events.v1 import access_pb2
from tests.real import OwnPostgres

GET = "/oncordia.insights.v1.InsightsService/GetTrace"
FORBIDDEN = PermissionDenied("ROLE_MISSING", "not for you")
NO_TOKEN = Unauthenticated("NO_TOKEN", "who are you?")
SERVICE = "insights"


def caller(number: int = 0) -> Caller:
    return Caller(f"subject-{number}", f"actor-{number}", "demo-lyon", "FR", frozenset({Role.RESEARCHER}))


def refusals_of(database: Database) -> Refusals:
    return Refusals(SERVICE, database, Outbox(SERVICE, SystemClock()), seconds=60)


async def told(database: Database) -> Sequence[tuple[dict[str, str], bytes]]:
    """Headers and payloads in the outbox, in the order in which they were added."""
    async with database.transaction() as transaction:
        rows = await transaction.execute(
            text("SELECT headers, value FROM outbox WHERE topic = :topic ORDER BY id"),
            {"topic": topics.events("insights").name},
        )
        return [(dict(row.headers), row.value) for row in rows]


async def calls_told(database: Database) -> list[access_pb2.CallRefused]:
    return [access_pb2.CallRefused.FromString(value) for _, value in await told(database)]


async def test_a_known_callers_refusal_is_told_at_once_and_its_repetitions_together(database: Database) -> None:
    refusals = refusals_of(database)
    for _ in range(5):
        await refusals(GET, caller(), FORBIDDEN)
    ((headers, value),) = await told(database)
    assert access_pb2.CallRefused.FromString(value) == access_pb2.CallRefused(
        method=GET, reason="ROLE_MISSING", calls=1
    )
    assert (headers["ce_actor"], headers["ce_organisation"], headers["ce_country"]) == ("actor-0", "demo-lyon", "FR")
    assert headers["ce_outcome"] == "refused"
    assert "subject-0" not in str(headers)
    await refusals.tell_counts()
    assert [event.calls for event in await calls_told(database)] == [1, 4]
    # A new period begins: the next one is told at once again.
    await refusals(GET, caller(), FORBIDDEN)
    assert [event.calls for event in await calls_told(database)] == [1, 4, 1]


async def test_refusals_of_nobody_known_are_counted_by_what_was_called_and_why(database: Database) -> None:
    refusals = refusals_of(database)
    for _ in range(7):
        await refusals(GET, None, NO_TOKEN)
    assert await told(database) == []
    await refusals.tell_counts()
    ((headers, value),) = await told(database)
    assert access_pb2.UnknownCallsRefused.FromString(value) == access_pb2.UnknownCallsRefused(
        service=SERVICE, calls=7, reason="NO_TOKEN", grpc_service="oncordia.insights.v1.InsightsService"
    )
    assert "ce_actor" not in headers
    assert headers["ce_outcome"] == "refused"


async def test_a_flood_fills_the_outbox_to_its_bound_and_every_call_is_counted(database: Database) -> None:
    refusals, callers = refusals_of(database), MOST_KINDS + 100
    for number in range(callers):
        for _ in range(3):
            await refusals(GET, caller(number), FORBIDDEN)
    await refusals.tell_counts()
    events = await told(database)
    assert len(events) == 2 * MOST_KINDS + 1
    assert sum(event.calls for event in await calls_told(database)) == 3 * callers
    (together,) = [headers for headers, _ in events if "ce_actor" not in headers]
    assert together["ce_subject"] == f"services/{SERVICE}"


async def test_refusals_outlive_the_databases_absence(own_postgres: OwnPostgres) -> None:
    database = Database(own_postgres.fresh("kit_test"))
    async with database.transaction() as transaction:
        await transaction.run_sync(metadata.create_all)
    refusals = refusals_of(database)
    own_postgres.pause()
    await refusals(GET, caller(), FORBIDDEN)
    await refusals(GET, None, NO_TOKEN)
    await refusals.tell_counts()
    own_postgres.resume()
    await refusals.tell_counts()
    assert len(await told(database)) == 2
    await database.close()
