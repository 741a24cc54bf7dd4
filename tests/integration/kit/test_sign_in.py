"""A token's first use is told once, and remembered only while the token can be used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from nacl.public import PrivateKey
from sqlalchemy import text

from kit.database.engine import Database
from kit.events.outbox import Outbox
from kit.identity.caller import Caller, Role
from kit.identity.sign_in import KEEP_EXPIRED, SignIns
from kit.identity.tokens import Identity

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Clock:
    moment = NOW

    def now(self) -> datetime:
        return self.moment


def identity(token_id: bytes, hours: int = 1) -> Identity:
    caller = Caller("subject", "actor", "demo-ghent", "BE", frozenset({Role.RESEARCHER}))
    return Identity(caller, token_id, NOW + timedelta(hours=hours), "https://issuer.example", "1", "")


def signs_in(database: Database, clock: Clock) -> SignIns:
    return SignIns("kit_test", database, Outbox("kit_test", clock), bytes(PrivateKey.generate().public_key), clock)


async def told(database: Database) -> tuple[int, int]:
    """How many sign-ins are in the outbox, and how many token uses are remembered."""
    async with database.transaction() as transaction:
        events = await transaction.execute(text("SELECT count(*) FROM outbox WHERE topic LIKE '%access.events%'"))
        uses = await transaction.execute(text("SELECT count(*) FROM token_uses"))
        return events.scalar_one(), uses.scalar_one()


async def test_the_first_use_of_a_token_is_told_once_by_all_replicas_together(database: Database) -> None:
    clock = Clock()
    for replica in (signs_in(database, clock), signs_in(database, clock)):
        await replica.record(identity(b"a"))
        await replica.record(identity(b"a"))
    assert await told(database) == (1, 1)


async def test_the_use_of_a_token_that_has_expired_is_forgotten(database: Database) -> None:
    clock = Clock()
    await signs_in(database, clock).record(identity(b"a"))
    clock.moment = NOW + timedelta(hours=1) + KEEP_EXPIRED + timedelta(seconds=1)
    await signs_in(database, clock).record(identity(b"b", hours=9))
    async with database.transaction() as transaction:
        rows = await transaction.execute(text("SELECT token_id FROM token_uses"))
    assert (await told(database))[0] == 2
    assert [bytes(row.token_id) for row in rows] == [b"b"]
