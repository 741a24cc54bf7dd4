"""One stream to the hub, from Hello to its end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import grpc

from node.adapters.border.channel import border_channel
from node.adapters.border.identity import Identity, certificate_pem, key_pem, new_key, signing_request
from node.domain.errors import NodeError
from oncordia.border.v1 import border_service_pb2, border_service_pb2_grpc, hub_message_pb2, node_message_pb2

WELCOME_SECONDS = 15
Call = grpc.aio.StreamStreamCall[node_message_pb2.NodeMessage, hub_message_pb2.HubMessage]


@dataclass(frozen=True, slots=True)
class Ended:
    """Why a stream ended. `reason`: the hub's, or LOST, or UNAUTHENTICATED. `message`: what to tell a person."""

    reason: str
    message: str
    reconnect: bool


_CLOSED = Ended("LOST", "the hub closed the stream", True)


class BorderStream:
    """Opened with `run`, which returns when it has ended. What comes is given to `on_message`, in order."""

    def __init__(
        self,
        address: str,
        identity: Identity,
        hello: node_message_pb2.Hello,
        heartbeat: Callable[[], node_message_pb2.Heartbeat],
        on_welcome: Callable[[BorderStream, hub_message_pb2.Welcome], None],
        on_message: Callable[[hub_message_pb2.HubMessage], None],
        proxy: str | None,
    ) -> None:
        self.identity = identity
        self.welcomed = asyncio.Event()
        self._address = address
        self._hello = hello
        self._heartbeat = heartbeat
        self._on_welcome = on_welcome
        self._on_message = on_message
        self._proxy = proxy
        self._outgoing: asyncio.Queue[node_message_pb2.NodeMessage | None] = asyncio.Queue()
        self._channel = border_channel(address, identity, proxy)
        self._stub = border_service_pb2_grpc.BorderServiceStub(self._channel)

    def send(self, message: node_message_pb2.NodeMessage) -> None:
        """Sends after what was given before. Lost if the stream ends first."""
        self._outgoing.put_nowait(message)

    def close(self) -> None:
        """Ends the stream once all that was given is written."""
        self._outgoing.put_nowait(None)

    async def renew(self) -> tuple[bytes, bytes]:
        """A new key and its certificate, in PEM. Raises grpc.RpcError."""
        key = new_key()
        request = border_service_pb2.RenewCertificateRequest(certificate_request=signing_request(key))
        answer = await self._stub.RenewCertificate(request, timeout=WELCOME_SECONDS)
        return key_pem(key), certificate_pem(answer.certificate)

    async def run(self) -> Ended:
        """Talks with the hub until one side ends it."""
        call = self._stub.Connect()
        writing: asyncio.Task[None] | None = None
        try:
            await call.write(node_message_pb2.NodeMessage(hello=self._hello))
            first = await asyncio.wait_for(_read(call), WELCOME_SECONDS)
            ended = self._opened(first)
            if first is None or ended is not None:
                return ended or _CLOSED
            writing = asyncio.create_task(self._write(call, first.welcome.heartbeat_seconds))
            while True:
                message = await _read(call)
                if message is None:
                    return _CLOSED
                if message.HasField("goodbye"):
                    return _goodbye(message.goodbye)
                self._on_message(message)
        except TimeoutError:
            return Ended("LOST", f"no Welcome came from {self._address}", True)
        except grpc.aio.AioRpcError as error:
            return _failed(error, self._address)
        except asyncio.InvalidStateError:
            # The call ended while it was being written to.
            return Ended("LOST", "the stream was lost", True)
        finally:
            if writing is not None:
                writing.cancel()
            call.cancel()
            with contextlib.suppress(Exception):
                await self._channel.close()

    def _opened(self, first: hub_message_pb2.HubMessage | None) -> Ended | None:
        if first is None:
            return _CLOSED
        if first.HasField("goodbye"):
            return _goodbye(first.goodbye)
        if not first.HasField("welcome"):
            return Ended("LOST", "the hub's first message was no Welcome", True)
        try:
            self._on_welcome(self, first.welcome)
        except (OSError, NodeError) as error:
            return Ended("LOST", f"the hub's mark of the ledger can't be kept: {error}", True)
        self.welcomed.set()
        return None

    async def _write(
        self,
        call: Call,
        heartbeat_seconds: int,
    ) -> None:
        # The reader notices when the call is over.
        with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            while True:
                try:
                    async with asyncio.timeout(max(1, heartbeat_seconds)):
                        message = await self._outgoing.get()
                except TimeoutError:
                    message = node_message_pb2.NodeMessage(heartbeat=self._heartbeat())
                if message is None:
                    await call.done_writing()
                    return
                await call.write(message)


async def _read(call: Call) -> hub_message_pb2.HubMessage | None:
    """The next message; None at the end of the stream."""
    message = await call.read()
    return message if isinstance(message, hub_message_pb2.HubMessage) else None


def _goodbye(goodbye: hub_message_pb2.Goodbye) -> Ended:
    return Ended(goodbye.reason, goodbye.message, goodbye.reconnect)


def _failed(error: grpc.aio.AioRpcError, address: str) -> Ended:
    details = error.details() or error.code().name
    if error.code() is grpc.StatusCode.UNAUTHENTICATED:
        return Ended("UNAUTHENTICATED", details, False)
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return Ended("LOST", f"no connection to {address}: {details}", True)
    return Ended("LOST", f"the hub ended the stream: {error.code().name}: {details}", True)
