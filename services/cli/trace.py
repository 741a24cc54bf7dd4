"""`oncordia trace`: follow one request across borders."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Annotated

import grpc
import typer

from cli.client import Hub
from cli.run import console, print_json, with_hub
from cli.waterfall import OwnSpan, waterfall
from oncordia.insights.v1 import insights_service_pb2, trace_pb2

app = typer.Typer(no_args_is_help=True, help="Follow one request through the hub, across the border and back.")

# Spans are exported in batches: a trace is whole a moment after its request has ended.
SETTLE_SECONDS = 1.0
SETTLE_TRIES = 10


async def whole_trace(hub: Hub, trace_id: str) -> trace_pb2.Trace:
    """The trace, once it has stopped growing and its root is there. Raises grpc.aio.AioRpcError."""
    request = insights_service_pb2.GetTraceRequest(trace_id=trace_id)
    before = 0
    with contextlib.suppress(grpc.aio.AioRpcError):
        # Its first spans may be on their way.
        trace = await hub.insights.GetTrace(request, metadata=hub.metadata(), wait_for_ready=True)
        before = len(trace.spans)
    for _ in range(SETTLE_TRIES):
        await asyncio.sleep(SETTLE_SECONDS)
        trace = await hub.insights.GetTrace(request, metadata=hub.metadata(), wait_for_ready=True)
        if len(trace.spans) == before and any(not span.parent_span_id for span in trace.spans):
            break
        before = len(trace.spans)
    return trace


async def show_trace(hub: Hub, trace_id: str, own: OwnSpan | None = None) -> trace_pb2.Trace:
    """Draws the trace as a waterfall, below the span that the command measured itself."""
    trace = await whole_trace(hub, trace_id)
    console.print(waterfall(trace, own))
    return trace


@app.command()
def show(
    trace_id: Annotated[str, typer.Argument(help="32 hexadecimal digits, as a query shows it.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Draw a trace as a waterfall: each step, its service and its country."""

    async def command(hub: Hub) -> None:
        if json:
            request = insights_service_pb2.GetTraceRequest(trace_id=trace_id)
            print_json(await hub.insights.GetTrace(request, metadata=hub.metadata()))
        else:
            await show_trace(hub, trace_id)

    with_hub(command)
