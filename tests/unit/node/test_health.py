"""What a node tells probes."""

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from node.adapters.health import LINK, health
from stack.ports import Ports
from tests.world import until

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


async def test_a_node_is_alive_without_the_hub_and_ready_with_it() -> None:
    connected = False
    address = Ports().address("node")
    async with health(address, lambda: connected), grpc.aio.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)

        async def status(service: str) -> int:
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=service), wait_for_ready=True)
            return int(answer.status)

        assert await status("") == SERVING
        assert await status(LINK) == NOT_SERVING
        connected = True

        async def ready() -> bool:
            return bool(await status(LINK) == SERVING)

        await until(ready)
        connected = False

        async def unready() -> bool:
            return bool(await status(LINK) == NOT_SERVING)

        await until(unready)
        assert await status("") == SERVING


async def test_a_taken_address_is_named() -> None:
    address = Ports().address("node")
    async with health(address, lambda: True):
        with pytest.raises(OSError, match=address):
            async with health(address, lambda: True):
                pass
