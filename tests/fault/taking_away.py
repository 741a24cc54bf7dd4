"""Kafka or PostgreSQL away for a while: ended, or frozen with its connections open."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from cli.client import Hub
from kit.database.engine import STATEMENT_SECONDS
from oncordia.audit.v1 import messages_pb2 as audit
from oncordia.federation.v1 import messages_pb2 as federation
from oncordia.insights.v1 import insights_service_pb2 as insights
from oncordia.query.v1 import cohort_query_pb2
from oncordia.query.v1 import messages_pb2 as query
from oncordia.registry.v1 import messages_pb2 as registry
from tests.fault.asking import ask, asked_for, ended, new_question
from tests.fault.nothing_lost import assert_nothing_lost
from tests.fault.whole_stack import WholeStack

CALL_SECONDS = 300.0
# Two time-outs of a statement, the second for taking back what it began.
FROZEN_IS_TOLD_SECONDS = 2 * STATEMENT_SECONDS


class How(StrEnum):
    ENDED = "ended"
    FROZEN = "frozen"


@dataclass(frozen=True)
class TakenAway:
    """`seconds`: from its return to the end of the last query that was asked meanwhile."""

    process: str
    how: How
    seed: int
    away_seconds: float
    seconds: float


async def take_away(stack: WholeStack, process: str, how: How, seconds: float, seed: int) -> TakenAway:
    """Asks before and during; looks that callers are told, that nothing is lost, and that nobody else ends."""
    rng = random.Random(f"{process} {how} {seed}")
    before = stack.runs()
    async with stack.signed_in("operator") as operator, stack.signed_in("researcher") as researcher:
        await _sign_in(operator, researcher)

        async def follow() -> cohort_query_pb2.CohortQuery:
            asked = await ask(researcher, asked_for(new_question(rng)))
            return await ended(researcher, asked.name)

        following = [asyncio.create_task(follow()) for _ in range(2)]
        await asyncio.sleep(rng.uniform(0, 0.2))
        async with _away(stack, process, how):
            began = time.monotonic()
            following += [asyncio.create_task(follow()) for _ in range(3)]
            if process == "postgres":
                await assert_callers_are_told(operator, researcher, how, seconds)
            else:
                await assert_callers_are_served(operator, researcher)
            # The fault itself lasts so long; nothing is waited for.
            await asyncio.sleep(max(0.0, seconds - (time.monotonic() - began)))
            away_seconds = time.monotonic() - began
        returned = time.monotonic()
        queries = await asyncio.gather(*following)
        took = time.monotonic() - returned
    await assert_nothing_lost(stack, queries)
    assert stack.runs() == before
    return TakenAway(process, how, seed, away_seconds, took)


async def assert_callers_are_told(operator: Hub, researcher: Hub, how: How, seconds: float) -> None:
    """Each service says that its database is away, and when to try again.

    One that is frozen looks like a slow one for a while, so a short freeze is merely waited out.
    """
    if how is How.FROZEN and seconds < FROZEN_IS_TOLD_SECONDS:
        return
    for failure in await asyncio.gather(*(_failure(call) for call in _calls(operator, researcher))):
        assert failure is not None
        assert failure.code() is grpc.StatusCode.UNAVAILABLE, failure
        assert "the service's database is away; try again" in (failure.details() or "")
        assert _retry_info(failure)


async def assert_callers_are_served(operator: Hub, researcher: Hub) -> None:
    """Without Kafka reads go on; what is written waits in the outbox."""
    for call in _calls(operator, researcher):
        failure = await _failure(call)
        assert failure is None or failure.code() is grpc.StatusCode.NOT_FOUND, failure


def _calls(operator: Hub, researcher: Hub) -> list[Callable[[], Awaitable[object]]]:
    signed, timeout = researcher.metadata(), CALL_SECONDS
    return [
        lambda: researcher.queries.ListCohortQueries(
            query.ListCohortQueriesRequest(), metadata=signed, timeout=timeout
        ),
        lambda: researcher.models.SearchModels(registry.SearchModelsRequest(), metadata=signed, timeout=timeout),
        lambda: researcher.audit.SearchEntries(audit.SearchEntriesRequest(), metadata=signed, timeout=timeout),
        lambda: operator.insights.GetTrace(
            insights.GetTraceRequest(trace_id=f"{'0' * 31}1"), metadata=operator.metadata(), timeout=timeout
        ),
        lambda: operator.federation.ListProviders(
            federation.ListProvidersRequest(), metadata=operator.metadata(), timeout=timeout
        ),
    ]


async def _sign_in(operator: Hub, researcher: Hub) -> None:
    """The first call with a token writes; those of a fault shall be like any."""
    for call in _calls(operator, researcher):
        await _failure(call)


async def _failure(call: Callable[[], Awaitable[object]]) -> grpc.aio.AioRpcError | None:
    try:
        await call()
    except grpc.aio.AioRpcError as error:
        return error
    return None


def _retry_info(error: grpc.aio.AioRpcError) -> bool:
    status = rpc_status.from_call(error)
    return any(detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR) for detail in (status.details if status else ()))


@asynccontextmanager
async def _away(stack: WholeStack, process: str, how: How) -> AsyncIterator[None]:
    if how is How.FROZEN:
        with stack.frozen(process):
            yield
        return
    await stack.pause(process)
    yield
    await stack.resume(process)
