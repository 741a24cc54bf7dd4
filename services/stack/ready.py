"""Ways to see that a process is ready."""

import asyncio
import re
from dataclasses import dataclass
from http import HTTPStatus

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from stack.process import Log

_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True)
class TcpConnect:
    """Ready when something listens at `host:port`."""

    address: str

    async def is_ready(self, log: Log) -> bool:
        host, _, port = self.address.rpartition(":")
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                _, writer = await asyncio.open_connection(host, int(port))
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True


@dataclass(frozen=True)
class GrpcHealth:
    """Ready when the gRPC health service at `host:port` answers SERVING for the whole server."""

    address: str

    async def is_ready(self, log: Log) -> bool:
        if not await TcpConnect(self.address).is_ready(log):
            return False  # cheaper than a channel, and without its back-off
        async with grpc.aio.insecure_channel(self.address) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            try:
                answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=_TIMEOUT_SECONDS)
            except grpc.aio.AioRpcError:
                return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


@dataclass(frozen=True)
class HttpOk:
    """Ready when a plain HTTP GET of `path` at `host:port` answers 200."""

    address: str
    path: str = "/"

    async def is_ready(self, log: Log) -> bool:
        host, _, port = self.address.rpartition(":")
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                reader, writer = await asyncio.open_connection(host, int(port))
                writer.write(f"GET {self.path} HTTP/1.0\r\nHost: {self.address}\r\n\r\n".encode())
                status = await reader.readline()
        except (OSError, TimeoutError):
            return False
        writer.close()
        return status.split(b" ")[1:2] == [str(int(HTTPStatus.OK)).encode()]


@dataclass(frozen=True)
class LogLine:
    """Ready when a line of the log written since this start matches the pattern."""

    pattern: str

    async def is_ready(self, log: Log) -> bool:
        return re.search(self.pattern, log.text(), re.MULTILINE) is not None
