"""Searches find what a plain filter finds, in whatever chunks the log is sealed, and whenever sealing dies."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from audit_log.adapters.search_index.finder import PostgresFinder
from audit_log.adapters.search_index.keys import Key
from audit_log.adapters.search_index.sealing import PostgresSealing
from audit_log.adapters.tree import PostgresLeaves, PostgresTree
from audit_log.application.append_events import AppendEvents
from audit_log.application.faults import FaultPoint
from audit_log.application.seal import Seal
from audit_log.domain.entry import Attributes, EntryIndex, Event
from audit_log.domain.scope import Scope
from audit_log.domain.search import Search
from kit.database.engine import Database
from kit.database.migrations import migrate
from tests.real import FreshDatabase

BEGIN = datetime(2026, 5, 4, tzinfo=UTC)
EVERYTHING = Scope(everything=True, actor="", organisation="")
ACTORS = ["a" * 64, "b" * 64, "providers/leuven"]
ORGANISATIONS = ["leuven", "lyon", "porto"]
TYPES = ["a.Created", "a.Changed", "b.Created", "ab.Created"]
TRACES = ["1" * 32, "2" * 32]


@dataclass(frozen=True)
class Sealed:
    """One life of the sealing job: in chunks of `size`, until it dies at its `steps`th step."""

    size: int
    steps: int


class Died(Exception):
    pass


def some(values: Sequence[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(["", *values])


def told_in_order(log: list[Attributes]) -> list[Attributes]:
    """Times that rise with the index, but for what each is early or late."""
    return [replace(entry, time=entry.time + timedelta(seconds=index // 20)) for index, entry in enumerate(log)]


LOGS = st.lists(
    st.builds(
        Attributes,
        event_id=st.builds(uuid4),
        type=st.sampled_from(TYPES),
        producer=st.just("p"),
        number=st.just(1),
        time=st.integers(-2, 2).map(lambda seconds: BEGIN + timedelta(seconds=seconds)),
        actor=some(ACTORS),
        organisation=some(ORGANISATIONS),
        country=some(["BE", "FR"]),
        purpose=st.just(""),
        permit=some(["permits/1"]),
        resource=st.sampled_from([f"r/{number}" for number in range(12)]),
        trace_id=some(TRACES),
        outcome=st.sampled_from(["done", "refused", "failed"]),
    ),
    min_size=60,
    max_size=160,
).map(told_in_order)
TIMES = st.integers(-3, 11)
SEARCHES = st.builds(
    lambda since, length, **conditions: Search(
        start=None if since is None else BEGIN + timedelta(seconds=since),
        end=None if since is None or length is None else BEGIN + timedelta(seconds=since + length),
        **conditions,
    ),
    since=st.none() | TIMES,
    length=st.none() | st.integers(1, 6),
    actor=some([*ACTORS, "c" * 64]),
    organisation=some(ORGANISATIONS),
    country=some(["BE", "FR"]),
    type=some([*TYPES, "a.*", "a*", "*", "z*"]),
    resource=some(["r/1", "r/2", "r/99"]),
    outcome=some(["done", "refused", "failed"]),
    permit=some(["permits/1"]),
    trace_id=some([*TRACES, "3" * 32]),
)
FEW_CONDITIONS = st.tuples(SEARCHES, st.sets(st.sampled_from(list(Search.__dataclass_fields__)), max_size=3)).map(
    lambda drawn: Search(**{name: getattr(drawn[0], name) for name in drawn[1]})
)
SCOPES = st.builds(Scope, everything=st.booleans(), actor=some(ACTORS), organisation=some(ORGANISATIONS))
LIVES = st.lists(st.builds(Sealed, size=st.integers(1, 70), steps=st.integers(1, 9)), min_size=1, max_size=5)


def matches(entry: Attributes, search: Search) -> bool:
    """What the conditions say, read one by one."""
    for name in ("actor", "organisation", "country", "resource", "outcome", "permit", "trace_id"):
        if getattr(search, name) and getattr(entry, name) != getattr(search, name):
            return False
    if search.type.endswith("*"):
        if not entry.type.startswith(search.type[:-1]):
            return False
    elif search.type and entry.type != search.type:
        return False
    return (search.start is None or entry.time >= search.start) and (search.end is None or entry.time < search.end)


@pytest_asyncio.fixture
async def database(postgres: FreshDatabase) -> AsyncIterator[Database]:
    result = Database(postgres("audit_log"))
    await migrate(result, "audit_log")
    yield result
    await result.close()


async def fill(database: Database, log: Sequence[Attributes]) -> None:
    """Makes it the whole log, with nothing sealed."""
    append = AppendEvents(PostgresTree(), lambda _point: None)
    async with database.transaction() as transaction:
        await transaction.execute(text("TRUNCATE entries, bodies, chunks, common_terms, rare_terms, types"))
        await transaction.execute(text(r"UPDATE tree SET frontier = '\x0000000000000000'"))
    async with database.transaction() as transaction:
        await append(transaction, [Event(about, b"body") for about in log])


async def seal(database: Database, lives: Sequence[Sealed]) -> None:
    """Seals as far as each life comes."""
    for life in lives:
        left = life.steps

        def step(_point: FaultPoint) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Died

        try:
            await Seal(PostgresLeaves(database), PostgresSealing(database), life.size, step)()
        except Died:
            continue


async def found(database: Database, search: Search, scope: Scope, page: int) -> list[EntryIndex]:
    """The indexes of all entries that are found, page by page."""
    result: list[EntryIndex] = []
    while True:
        async with database.reading() as reading:
            before = result[-1] if result else None
            entries = await PostgresFinder().newest(reading, search, scope, before, page)
        result += [entry.index for entry in entries]
        if len(entries) < page:
            return result


def expected(log: Sequence[Attributes], search: Search, scope: Scope) -> list[int]:
    return [i for i in reversed(range(len(log))) if matches(log[i], search) and scope.allows(log[i])]


slow = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@slow
@given(LOGS, st.lists(st.tuples(FEW_CONDITIONS, SCOPES), min_size=3, max_size=8), st.integers(1, 40), LIVES)
async def test_a_search_finds_what_a_plain_filter_finds_while_sealing_dies_and_begins_again(
    database: Database,
    log: list[Attributes],
    asked: list[tuple[Search, Scope]],
    page: int,
    lives: list[Sealed],
) -> None:
    await fill(database, log)
    sealing = asyncio.create_task(seal(database, lives))
    for search, scope in asked:
        assert await found(database, search, scope, page) == expected(log, search, scope)
    await sealing
    for search, scope in asked:
        assert await found(database, search, scope, page) == expected(log, search, scope)


@slow
@given(LOGS, st.lists(FEW_CONDITIONS, min_size=3, max_size=8), st.integers(1, 70))
async def test_terms_that_share_a_key_find_nothing_wrong(
    database: Database, log: list[Attributes], asked: list[Search], size: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for module in ("rows", "lookup"):
            # Of all terms there are three keys only.
            patch.setattr(
                f"audit_log.adapters.search_index.{module}.key_of",
                lambda _field, value: Key(len(value) % 3),
            )
        await fill(database, log)
        await seal(database, [Sealed(size, 1_000)])
        for search in asked:
            assert await found(database, search, EVERYTHING, 10) == expected(log, search, EVERYTHING)


def plain(number: int, time: datetime = BEGIN) -> Attributes:
    return Attributes(uuid4(), "t", "p", 1, time, "", "leuven", "BE", "", "", f"r/{number}", "", "done")


async def test_a_time_begins_with_its_start_and_ends_before_its_end(database: Database) -> None:
    moment = timedelta(microseconds=1)
    log = [plain(number, BEGIN + number // 10 * moment) for number in range(30)]
    await fill(database, log)
    await seal(database, [Sealed(10, 1_000)])
    for step in range(4):
        since, until = BEGIN + step * moment, BEGIN + (step + 1) * moment
        for search in (Search(start=since), Search(end=until), Search(start=since, end=until)):
            assert await found(database, search, EVERYTHING, 7) == expected(log, search, EVERYTHING)


async def test_two_who_seal_the_same_chunk_seal_it_once(database: Database) -> None:
    log = [plain(number) for number in range(100)]
    await fill(database, log)
    lives = [Sealed(10, 1_000)]
    await asyncio.gather(*(seal(database, lives) for _ in range(4)))
    search = Search(organisation="leuven")
    assert await found(database, search, EVERYTHING, 7) == expected(log, search, EVERYTHING)
    async with database.reading() as reading:
        chunks = (await reading.execute(text("SELECT first, size FROM chunks ORDER BY first"))).all()
    assert [tuple(chunk) for chunk in chunks] == [(first, 10) for first in range(0, 100, 10)]
