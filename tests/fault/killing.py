"""kill -9 of one process while questions are on their way."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass

from oncordia.query.v1 import cohort_query_pb2
from oncordia.query.v1.messages_pb2 import ListCohortQueriesRequest
from stack.kafka import KAFKA
from stack.postgres import POSTGRES
from stack.services import HUB
from tests.fault.asking import ask, asked_for, ended, new_question
from tests.fault.nothing_lost import assert_nothing_lost
from tests.fault.whole_stack import PROVIDERS, WholeStack

PROCESSES = (KAFKA, POSTGRES, *(row.name for row in HUB), f"node-{PROVIDERS[0].code}")

QUESTIONS = 6
SPREAD_SECONDS = 0.6
"""Questions are asked, and the process is killed, at moments drawn from so long a time."""


@dataclass(frozen=True)
class Killed:
    """`seconds`: from the kill to the end of the last query."""

    process: str
    seed: int
    after_seconds: float
    seconds: float


async def kill_during_queries(stack: WholeStack, process: str, seed: int) -> Killed:
    """Asks, kills at a moment drawn by the seed, and looks that nothing is lost and nobody else ended."""
    rng = random.Random(f"{process} {seed}")
    before = stack.runs()
    async with stack.signed_in("researcher") as researcher:
        # The first call signs in; the moments below are to be those of queries.
        await researcher.queries.ListCohortQueries(ListCohortQueriesRequest(), metadata=researcher.metadata())

        async def follow() -> cohort_query_pb2.CohortQuery:
            await asyncio.sleep(rng.uniform(0, SPREAD_SECONDS))
            query = await ask(researcher, asked_for(new_question(rng)))
            return await ended(researcher, query.name)

        following = [asyncio.create_task(follow()) for _ in range(QUESTIONS)]
        moment = rng.uniform(0, SPREAD_SECONDS)
        await asyncio.sleep(moment)
        stack.kill(process)
        killed = time.monotonic()
        queries = await asyncio.gather(*following)
        seconds = time.monotonic() - killed
    await stack.ready(process)
    await assert_nothing_lost(stack, queries)
    after = stack.runs()
    assert {name for name in after if after[name] != before[name]} == {process}
    return Killed(process, seed, moment, seconds)
