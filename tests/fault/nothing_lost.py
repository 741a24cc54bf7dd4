"""What must hold after any fault: every answer once, stored once, numbered and audited once, charged once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import asyncpg

from cli.audit.reconciliation import Reconciliation
from oncordia.query.v1 import cohort_query_pb2, provider_answer_pb2
from stack.postgres import SERVICE_ROLES
from tests.fault.whole_stack import WholeStack
from tests.world import until

SETTLED_SECONDS = 300.0

_SERVICES = " UNION ALL ".join(f"SELECT producer, last_number FROM {role}.producer_numbers" for role in SERVICE_ROLES)  # noqa: S608 - our own names
_NODES = "SELECT 'providers/' || provider || '/logs/' || log, entries FROM federation.node_logs"
_NUMBERS = f"{_SERVICES} UNION ALL {_NODES}"
_UNSENT = " UNION ALL ".join(f"SELECT 1 FROM {role}.outbox WHERE NOT sent" for role in SERVICE_ROLES)  # noqa: S608
_PUT_ASIDE = " UNION ALL ".join(
    f"SELECT topic, headers::text FROM {role}.outbox WHERE topic LIKE '%.dlq.%'"  # noqa: S608
    for role in SERVICE_ROLES
)
_LOGGED = """SELECT producer, count(*) AS entries, count(DISTINCT event_id) AS events,
             count(DISTINCT number) AS numbers, min(number) AS first, max(number) AS last
             FROM audit_log.entries GROUP BY producer"""
_OF_PROVIDER = "SELECT leaf FROM audit_log.entries WHERE producer LIKE $1"


async def assert_nothing_lost(stack: WholeStack, queries: Sequence[cohort_query_pb2.CohortQuery]) -> None:
    """Of ended queries, each with a question of its own, and of all that the hub did meanwhile."""
    for query in queries:
        _assert_answered(query, stack.providers)
    for folder in stack.up.folders:
        await _assert_told(stack, folder.provider.code)
    async with stack.database() as database:
        await _all_logged(database)
        await _assert_numbers(database)
        for query in queries:
            await _assert_stored_and_audited(database, query, len(stack.providers))
        assert await database.fetch(_PUT_ASIDE) == []
    for folder in stack.up.folders:
        await _assert_charged(stack, folder.provider.code, [query.name for query in queries])


def _assert_answered(query: cohort_query_pb2.CohortQuery, providers: set[str]) -> None:
    assert query.state == cohort_query_pb2.COHORT_QUERY_STATE_COMPLETE, query
    assert Counter(answer.provider for answer in query.answers) == Counter(providers)
    states = {answer.provider: provider_answer_pb2.AnswerState.Name(answer.state) for answer in query.answers}
    assert set(states.values()) == {"ANSWER_STATE_ANSWERED"}, states


async def _all_logged(database: asyncpg.Connection) -> None:
    """Waits until every committed event is in the audit log."""

    async def logged() -> bool:
        if await database.fetchval(f"SELECT count(*) FROM ({_UNSENT}) AS unsent"):  # noqa: S608
            return False
        given = {row["producer"]: row["last_number"] for row in await database.fetch(_NUMBERS)}
        return given == {row["producer"]: row["last"] for row in await database.fetch(_LOGGED)}

    await until(logged, SETTLED_SECONDS)


async def _assert_numbers(database: asyncpg.Connection) -> None:
    for row in await database.fetch(_LOGGED):
        counted = {row["entries"], row["events"], row["numbers"], row["last"]}
        assert (row["first"], len(counted)) == (1, 1), dict(row)


async def _assert_stored_and_audited(
    database: asyncpg.Connection, query: cohort_query_pb2.CohortQuery, providers: int
) -> None:
    entries = await database.fetch("SELECT type FROM audit_log.entries WHERE resource = $1", query.name)
    kinds = Counter(entry["type"].rpartition(".")[2] for entry in entries)
    expected = {
        "CohortQueryCreated": 1,
        "CohortQueryEvaluated": providers,
        "CohortQueryAnswerRecorded": providers,
        "CohortQueryCompleted": 1,
    }
    assert kinds == expected, query.name
    stored = await database.fetch(
        "SELECT provider, state FROM query_broker.provider_answers WHERE query_id = $1",
        query.name.removeprefix("cohortQueries/"),
    )
    assert len(stored) == providers
    tasks = await database.fetch("SELECT state FROM federation.tasks WHERE asking_resource = $1", query.name)
    assert [task["state"] for task in tasks] == ["DONE"] * providers


async def _assert_told(stack: WholeStack, code: str) -> None:
    """All that the node did has its place in the node's own log, and the same leaf in the hub's."""

    async def sealed() -> bool:
        return stack.at_node(code, "journal.sqlite", "SELECT count(*) FROM acts") == [(0,)]

    await until(sealed, SETTLED_SECONDS)
    ((log,),) = stack.at_node(code, "journal.sqlite", "SELECT log FROM logs")
    reconciliation = Reconciliation(f"providers/{code}/logs/{log}")
    leaves = stack.at_node(code, "journal.sqlite", "SELECT leaf FROM log_entries ORDER BY number")
    reconciliation.at_node([leaf for (leaf,) in leaves])

    rows: list[asyncpg.Record] = []

    async def told() -> bool:
        nonlocal rows
        async with stack.database() as database:
            rows = await database.fetch(_OF_PROVIDER, f"providers/{code}/%")
        return len(rows) >= len(leaves)

    await until(told, SETTLED_SECONDS)
    reconciliation.at_hub([row["leaf"] for row in rows])
    differences = reconciliation.differences()
    assert differences.none, differences
    assert (differences.both, differences.waiting) == (len(leaves), 0)


async def _assert_charged(stack: WholeStack, code: str, queries: Sequence[str]) -> None:
    """Each question of this stack's life is charged once, and nothing else is; all results are acknowledged."""
    charges = stack.at_node(
        code, "ledger.sqlite", "SELECT count(*), count(DISTINCT epoch || digest || settings_version) FROM charges"
    )
    ((answers,),) = stack.at_node(code, "ledger.sqlite", "SELECT count(*) FROM answers")
    async with stack.database() as database:
        # Each query asks something new, and so pays once at each node.
        asked = await database.fetchval(
            """SELECT count(DISTINCT canonical_filter) FROM query_broker.cohort_queries c
               JOIN query_broker.provider_answers a ON a.query_id = c.id
               WHERE a.provider = $1 AND a.state = 'ANSWERED'""",
            f"providers/{code}",
        )
    assert charges == [(asked, asked)], code
    assert answers == asked, code

    async def acknowledged() -> bool:
        return stack.at_node(code, "journal.sqlite", "SELECT count(*) FROM tasks WHERE acknowledged_at IS NULL") == [
            (0,)
        ]

    await until(acknowledged, SETTLED_SECONDS)
