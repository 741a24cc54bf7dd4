"""A researcher who does not give up: a call that fails because something is away is made again."""

from __future__ import annotations

import asyncio
import itertools
import random
import uuid
from datetime import UTC, datetime, timedelta

import grpc
from grpc import StatusCode

from cli.client import Hub
from oncordia.query.v1 import cohort_query_pb2, messages_pb2

# Longer than any process needs to come back, so that no answer is timed out.
WAIT_SECONDS = 600
RUNNING = cohort_query_pb2.COHORT_QUERY_STATE_RUNNING
_AGAIN_SECONDS = 0.2

_numbers = itertools.count(1)


def new_question(rng: random.Random) -> str:
    """A question that nobody has asked before, so that it is drawn and charged anew."""
    year = rng.randint(1980, 2010)
    return f"(series_count >= {next(_numbers)} OR study_year >= {year})"


def asked_for(filter_: str, wait_seconds: float = WAIT_SECONDS) -> messages_pb2.CreateCohortQueryRequest:
    """The request for a question, with a request id: it may be sent any number of times."""
    query = cohort_query_pb2.CohortQuery(filter=filter_, purpose="fault test")
    query.deadline.FromDatetime(datetime.now(UTC) + timedelta(seconds=wait_seconds))
    return messages_pb2.CreateCohortQueryRequest(cohort_query=query, request_id=str(uuid.uuid4()))


async def ask(hub: Hub, request: messages_pb2.CreateCohortQueryRequest) -> cohort_query_pb2.CohortQuery:
    """Asks until the hub has taken the question."""
    while True:
        try:
            return await hub.queries.CreateCohortQuery(request, metadata=hub.metadata(), timeout=10)
        except grpc.aio.AioRpcError as error:
            _only_away(error)
        await asyncio.sleep(_AGAIN_SECONDS)


async def ended(hub: Hub, name: str) -> cohort_query_pb2.CohortQuery:
    """Follows a query to its end."""
    request = messages_pb2.WatchCohortQueryRequest(name=name)
    async with asyncio.timeout(WAIT_SECONDS + 30):
        while True:
            try:
                async for query in hub.queries.WatchCohortQuery(request, metadata=hub.metadata(), timeout=20):
                    if query.state != RUNNING:
                        return query
            except grpc.aio.AioRpcError as error:
                _only_away(error)
            await asyncio.sleep(_AGAIN_SECONDS)


def _only_away(error: grpc.aio.AioRpcError) -> None:
    """No other failure may come of a part that is away."""
    assert error.code() in (StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED), (error.code(), error.details())
