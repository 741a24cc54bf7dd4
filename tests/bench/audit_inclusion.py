"""How soon an event is in a signed checkpoint: from its commit in a service, at 1,000 events a second.

A service's outbox and relay run in this process, on a database of their own; Kafka, PostgreSQL and the audit log as
everywhere. Checkpoints are seen by reading their file, as anybody does who is served it.
"""

import asyncio
import time
from bisect import bisect_right
from functools import partial
from uuid import UUID

import uvloop

from kit.clock import SystemClock
from kit.database.engine import Database
from kit.database.migrations import migrate
from kit.database.notify import Listener
from kit.events import topics
from kit.events.outbox import NOBODY, Outbox
from kit.events.relay import Relay
from kit.settings import KafkaSettings
from oncordia.events.v1 import query_pb2
from tests.bench.figure import Figure, Row
from tests.bench.lone_log import LoneLog, lone_log
from tests.bench.percentiles import percentile
from tests.world import until
from tlog.checkpoint import Checkpoint
from tlog.note import Note

PER_SECOND = 1_000
SECONDS = 20
TOGETHER = 10
"""Events that one transaction commits."""

_LOOK_SECONDS = 0.002
_SERVICE = "query_broker"


def measure() -> Figure:
    """One run."""
    with lone_log() as lone:
        lone.log.start()
        took = uvloop.run(_measure(lone))
    how = (
        f"{PER_SECOND:,} events a second for {SECONDS} s, {TOGETHER} committed together by a service's outbox; from "
        f"a commit until the file of the checkpoint has it, looked at every {_LOOK_SECONDS * 1e3:g} ms."
    )
    return Figure(
        "audit_inclusion",
        f"An event, from its commit into a signed checkpoint, at {PER_SECOND:,} events a second",
        how,
        (
            Row("p50", percentile(took, 50), "ms", at_most=100),
            Row("p95", percentile(took, 95), "ms"),
            Row("p99", percentile(took, 99), "ms", at_most=600),
        ),
    )


async def _measure(lone: LoneLog) -> list[float]:
    database = Database(lone.postgres.fresh(_SERVICE))
    kafka = KafkaSettings(bootstrap=lone.log.kafka)
    await migrate(database, _SERVICE)
    listener = Listener(database)
    relay = Relay(_SERVICE, database, kafka, listener)
    seen: list[tuple[int, float]] = []
    jobs = [asyncio.create_task(job) for job in (listener.run(), relay.run(), _look(lone, seen))]
    try:
        # What starts up lazily is not measured.
        await _commit(database, 2 * PER_SECOND)
        await until(partial(_has_seen, seen, 2 * PER_SECOND), 60)
        committed = await _commit(database, SECONDS * PER_SECOND)
        await until(partial(_has_seen, seen, 2 * PER_SECOND + len(committed)), 60)
    finally:
        for job in jobs:
            job.cancel()
        await database.close()
    index_of = {UUID(event): int(index) for index, event in lone.rows("SELECT index, event_id FROM entries")}
    sizes, times = [size for size, _ in seen], [moment for _, moment in seen]
    return [(times[bisect_right(sizes, index_of[event])] - moment) * 1e3 for event, moment in committed.items()]


async def _commit(database: Database, events: int) -> dict[UUID, float]:
    """Commits events at their pace, and gives when each was committed."""
    outbox = Outbox(_SERVICE, SystemClock())
    committed: dict[UUID, float] = {}
    began = time.perf_counter()
    for number in range(0, events, TOGETHER):
        await asyncio.sleep(began + number / PER_SECOND - time.perf_counter())
        rows = []
        for each in range(number, number + TOGETHER):
            name = f"cohortQueries/{each:032x}"
            completed = query_pb2.CohortQueryCompleted(query=name)
            rows.append(outbox.prepared_event(topics.events("query"), name, completed, NOBODY))
        async with database.transaction() as transaction:
            await outbox.add_all(transaction, rows)
        moment = time.perf_counter()
        committed |= {row.event_id: moment for row in rows}
    return committed


async def _look(lone: LoneLog, seen: list[tuple[int, float]]) -> None:
    """Notes when the checkpoint's size was seen first."""
    while True:
        path = lone.log.files / "checkpoint"
        if path.exists():
            size = Checkpoint.parse(Note.parse(path.read_bytes()).text).size
            if not seen or size > seen[-1][0]:
                seen.append((size, time.perf_counter()))
        await asyncio.sleep(_LOOK_SECONDS)


async def _has_seen(seen: list[tuple[int, float]], size: int) -> bool:
    return bool(seen) and seen[-1][0] >= size
