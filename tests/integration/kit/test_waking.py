"""Who waits for a change is woken when it is committed: here by the process itself, elsewhere by the server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from kit.database.engine import Database
from kit.database.notify import Listener, notify
from tests.world import until

CHANNEL = "a_channel"


class Waiter:
    """What one process hears, with a database of its own as each process has."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.heard: list[str] = []
        self.listener = Listener(database)
        self.listener.subscribe(CHANNEL, self.heard.append)

    async def hears(self, many: int) -> None:
        async def heard() -> bool:
            return len(self.heard) >= many

        await until(heard)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        running = asyncio.ensure_future(self.listener.run())
        try:
            # Woken once, as something may have been missed before.
            await self.hears(1)
            self.heard.clear()
            yield
        finally:
            running.cancel()
            await asyncio.wait([running])


@pytest.fixture
async def waiters(database: Database) -> AsyncIterator[tuple[Waiter, Waiter]]:
    other = Database(database.url)
    yield Waiter(database), Waiter(other)
    await other.close()


async def test_a_commit_is_heard_once_here_and_once_elsewhere(waiters: tuple[Waiter, Waiter]) -> None:
    here, elsewhere = waiters
    async with here.listening(), elsewhere.listening():
        for payload in ("one", "two"):
            async with here.database.transaction() as transaction:
                await notify(transaction, CHANNEL, payload)
                assert payload not in here.heard
            assert here.heard[-1] == payload
        async with elsewhere.database.transaction() as transaction:
            await notify(transaction, CHANNEL, "three")
        await here.hears(3)
        await elsewhere.hears(3)
    assert here.heard == ["one", "two", "three"]
    assert sorted(elsewhere.heard) == ["one", "three", "two"]


async def test_a_rollback_wakes_nobody(waiters: tuple[Waiter, Waiter]) -> None:
    here, elsewhere = waiters

    async def fail() -> None:
        async with here.database.transaction() as transaction:
            await notify(transaction, CHANNEL, "never")
            raise ValueError

    async with here.listening(), elsewhere.listening():
        with pytest.raises(ValueError):
            await fail()
        async with here.database.transaction() as transaction:
            await notify(transaction, CHANNEL, "then")
        await elsewhere.hears(1)
    assert here.heard == elsewhere.heard == ["then"]


async def test_the_server_is_not_asked_to_wake_who_only_waits_here(waiters: tuple[Waiter, Waiter]) -> None:
    here, elsewhere = waiters
    async with here.listening(), elsewhere.listening():
        here.database.wakes.only_here.add(CHANNEL)
        async with here.database.transaction() as transaction:
            await notify(transaction, CHANNEL, "mine")
        here.database.wakes.only_here.discard(CHANNEL)
        async with here.database.transaction() as transaction:
            await notify(transaction, CHANNEL, "everybody's")
        await elsewhere.hears(1)
    assert here.heard == ["mine", "everybody's"]
    assert elsewhere.heard == ["everybody's"]


async def test_reading_takes_no_transaction(database: Database) -> None:
    async with database.reading() as reading:
        began = [(await reading.execute(text("SELECT now()"))).scalar_one() for _ in range(2)]
    # now() is the beginning of the transaction.
    assert began[0] < began[1]
