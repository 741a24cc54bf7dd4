"""How soon the audit log gives an event back: from its commit in a service to GetEntry."""

import asyncio
import time
import uuid

import grpc

from cli.client import Hub, hub
from cli.login import local_token
from cli.profile import Profile
from oncordia.audit.v1 import messages_pb2
from tests.bench.figure import Figure, Row
from tests.bench.percentiles import percentile

EVENTS, WARM_UP = 1_000, 50
PER_SECOND = 20
LOOK_SECONDS = 0.001
DEADLINE_SECONDS = 30.0


async def measure(profile: Profile) -> Figure:
    """Statements of an operator, who may read them but is given no body, so that reading adds no events."""
    token = await asyncio.to_thread(local_token, profile, "operator")
    async with hub(profile, token) as operator:
        for _ in range(WARM_UP):
            await _one(operator)
        began = time.monotonic()
        waiting = []
        for number in range(EVENTS):
            await asyncio.sleep(began + number / PER_SECOND - time.monotonic())
            waiting.append(asyncio.create_task(_one(operator)))
        took = await asyncio.gather(*waiting)
    how = (
        f"{EVENTS:,} events by AppendEntry, {PER_SECOND} a second. The event is committed when the call answers; "
        f"GetEntry is called again {LOOK_SECONDS * 1e3:g} ms after each NOT_FOUND."
    )
    return Figure(
        "audit_latency",
        "An event, from its commit to the audit log's Get",
        how,
        (
            Row("p50", percentile(took, 50), "ms", at_most=15),
            Row("p95", percentile(took, 95), "ms"),
            Row("p99", percentile(took, 99), "ms", at_most=50),
        ),
    )


async def _one(operator: Hub) -> float:
    """Milliseconds."""
    statement = messages_pb2.AppendEntryRequest(
        kind="BENCH", resource="bench/audit-latency", statement="a statement", request_id=str(uuid.uuid4())
    )
    appended = await operator.audit.AppendEntry(statement, metadata=operator.metadata())
    committed = time.perf_counter()
    wanted = messages_pb2.GetEntryRequest(name=f"events/{appended.event_id}")
    while True:
        try:
            await operator.audit.GetEntry(wanted, metadata=operator.metadata())
            return (time.perf_counter() - committed) * 1e3
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND or time.perf_counter() - committed > DEADLINE_SECONDS:
                raise
        await asyncio.sleep(LOOK_SECONDS)
