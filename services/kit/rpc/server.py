"""A gRPC server as every service runs it: admission, health, reflection, limits, keepalive, drain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from kit.identity.caller import Caller
from kit.identity.sign_in import SignIns
from kit.identity.tokens import TokenVerifier
from kit.rpc.access import rules
from kit.rpc.interceptor import Authenticator, CallInterceptor, Refused, ServicerContext

# A typed expression of 500 predicates with full sets stays well below.
MAX_REQUEST_BYTES = 1 * 1024 * 1024

OPTIONS: list[tuple[str, int]] = [
    ("grpc.max_receive_message_length", MAX_REQUEST_BYTES),
    ("grpc.max_send_message_length", 16 * 1024 * 1024),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.so_reuseport", 0),
]


@dataclass(frozen=True, slots=True)
class Service:
    """A generated `add_..._to_server`, its implementation, and its descriptor."""

    add: Callable[[Any, Any], None]
    servicer: object
    descriptor: ServiceDescriptor


class TokenAuthenticator:
    """Bearer tokens in the `authorization` metadata."""

    def __init__(self, verifier: TokenVerifier, sign_ins: SignIns | None) -> None:
        self._verifier = verifier
        self._sign_ins = sign_ins

    async def authenticate(self, context: ServicerContext, metadata: dict[str, str]) -> Caller | None:
        scheme, _, token = metadata.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        identity = await self._verifier.verify(token)
        if self._sign_ins is not None:
            await self._sign_ins.record(identity)
        return identity.caller


class RpcServer:
    """Listens on `address`; with `credentials` over TLS."""

    def __init__(
        self,
        address: str,
        services: Sequence[Service],
        authenticator: Authenticator,
        *,
        credentials: grpc.ServerCredentials | None = None,
        options: Sequence[tuple[str, int]] = (),
    ) -> None:
        descriptors = [service.descriptor for service in services]
        self._interceptor = CallInterceptor(rules(descriptors), authenticator)
        self._server = grpc.aio.server(
            interceptors=[self._interceptor],
            options=[*OPTIONS, *options],
        )
        for service in services:
            service.add(service.servicer, self._server)
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = [descriptor.full_name for descriptor in descriptors]
        reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], self._server)
        self._names = names
        self._address = address
        self._credentials = credentials
        self.port = 0

    def tell_refusals(self, refused: Refused) -> None:
        """Each refusal by role, by owner or for want of an identity is told from now on."""
        self._interceptor.refused = refused

    async def start(self) -> int:
        """Begins to listen and returns the port. Raises OSError naming the address if it is taken."""
        try:
            if self._credentials is None:
                self.port = self._server.add_insecure_port(self._address)
            else:
                self.port = self._server.add_secure_port(self._address, self._credentials)
        except RuntimeError:
            self.port = 0
        if self.port == 0:
            raise OSError(f"can't listen on {self._address}: is it in use by another program?")
        await self._server.start()
        return self.port

    async def say_serving(self) -> None:
        """Health says SERVING from now on."""
        for name in ("", *self._names):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)

    async def drain(self, seconds: float) -> None:
        """Health says NOT_SERVING, running calls may end, for at most that long; new ones are refused."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(seconds)
