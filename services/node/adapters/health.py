"""Tells probes how the node is, by the gRPC health protocol. A node's only listener, and off by default.

The server as a whole ("") is SERVING while the node's loop runs; the service "link" while the hub is connected.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import grpc
from grpc_health.v1 import health as health_service
from grpc_health.v1 import health_pb2, health_pb2_grpc

LINK = "link"
LOOK_SECONDS = 1.0


@contextlib.asynccontextmanager
async def health(address: str | None, connected: Callable[[], bool]) -> AsyncIterator[None]:
    """Answers at host:port during the block; does nothing without an address. Raises OSError naming a taken one."""
    if address is None:
        yield
        return
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    servicer = health_service.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    await _look(servicer, connected)
    try:
        server.add_insecure_port(address)
    except RuntimeError:
        raise OSError(f"can't listen on {address} for probes: is it in use by another program?") from None
    await server.start()
    looking = asyncio.create_task(_keep_looking(servicer, connected))
    try:
        yield
    finally:
        looking.cancel()
        await server.stop(None)


async def _keep_looking(servicer: health_service.aio.HealthServicer, connected: Callable[[], bool]) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        await _look(servicer, connected)


async def _look(servicer: health_service.aio.HealthServicer, connected: Callable[[], bool]) -> None:
    serving, not_serving = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
    await servicer.set("", serving)
    await servicer.set(LINK, serving if connected() else not_serving)
