"""What happens around every call: a span, the caller's identity, admission, and the translation of errors."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeAlias

import grpc
from google.rpc import status_pb2
from grpc_status import rpc_status
from opentelemetry import trace
from opentelemetry.context import Context

from kit.database.engine import is_passing
from kit.errors import OncordiaError, PermissionDenied, Unauthenticated, Unavailable
from kit.identity.caller import Caller, set_caller
from kit.rpc import status
from kit.rpc.access import Rule, rule_of
from kit.telemetry import metrics
from kit.telemetry.log import logger
from kit.telemetry.tracing import remote_context

_log = logger(__name__)
_tracer = trace.get_tracer("kit.rpc")

ServicerContext = grpc.aio.ServicerContext[Any, Any]
# Quoted: grpc can't subscript it at run time.
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Refused = Callable[[str, Caller | None, OncordiaError], Awaitable[None]]


class Authenticator(Protocol):
    """Says who calls: by a token, or by a certificate at the border."""

    async def authenticate(self, context: ServicerContext, metadata: dict[str, str]) -> Caller | None:
        """None if the call carries no credential. Raises Unauthenticated if it carries a bad one."""
        ...


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Deny by default: a method without a rule is refused to everybody.

    Each call is the root of a new trace, linked to the caller's span if it sent one: what is outside of the hub can
    neither choose our trace ids nor hang anything under a span of ours. Baggage is dropped.
    """

    def __init__(self, rules: dict[str, Rule], authenticator: Authenticator) -> None:
        self._rules = rules
        self._authenticator = authenticator
        self.refused: Refused | None = None
        """Told of each refusal, before the caller is."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = await continuation(details)
        if handler is None:
            return handler
        path = details.method
        metadata = {k: v for k, v in details.invocation_metadata or () if isinstance(v, str)}
        if handler.response_streaming:
            return self._streaming(handler, path, metadata)
        return self._unary(handler, path, metadata)

    def _unary(self, handler: Any, path: str, metadata: dict[str, str]) -> Handler:
        inner = handler.stream_unary if handler.request_streaming else handler.unary_unary

        async def call(request: Any, context: ServicerContext) -> Any:
            async with self._around(path, metadata, context):
                return await inner(request, context)

        make = (
            grpc.stream_unary_rpc_method_handler if handler.request_streaming else grpc.unary_unary_rpc_method_handler
        )
        return make(call, handler.request_deserializer, handler.response_serializer)

    def _streaming(self, handler: Any, path: str, metadata: dict[str, str]) -> Handler:
        inner = handler.stream_stream if handler.request_streaming else handler.unary_stream

        # Not an async generator: a span entered in one must not be left in another's context.
        async def call(request: Any, context: ServicerContext) -> None:
            async with self._around(path, metadata, context):
                async for response in inner(request, context):
                    await context.write(response)

        make = (
            grpc.stream_stream_rpc_method_handler if handler.request_streaming else grpc.unary_stream_rpc_method_handler
        )
        return make(call, handler.request_deserializer, handler.response_serializer)

    @asynccontextmanager
    async def _around(self, path: str, metadata: dict[str, str], context: ServicerContext) -> AsyncIterator[None]:
        service, _, method = path.lstrip("/").partition("/")
        began = time.perf_counter()
        code = "OK"
        outside = trace.get_current_span(remote_context(metadata.get("traceparent", ""))).get_span_context()
        with _tracer.start_as_current_span(
            f"{service}/{method}",
            context=Context(),
            kind=trace.SpanKind.SERVER,
            links=[trace.Link(outside)] if outside.is_valid else None,
            attributes={"rpc.system": "grpc", "rpc.service": service, "rpc.method": method},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            caller: Caller | None = None
            try:
                caller = await self._authenticator.authenticate(context, metadata)
                set_caller(caller)
                if caller is not None:
                    span.set_attribute("oncordia.actor", caller.actor)
                    span.set_attribute("oncordia.caller.country", caller.country)
                _admit(path, rule_of(path, self._rules), caller)
                yield
            except grpc.aio.AbortError:
                raise
            except Exception as error:
                refusal = _as_status(error, path, format(span.get_span_context().trace_id, "032x"))
                code = grpc_code(refusal).name
                span.set_status(trace.Status(trace.StatusCode.ERROR, code))
                if self.refused is not None and isinstance(error, PermissionDenied | Unauthenticated):
                    await self.refused(path, caller, error)
                await context.abort_with_status(rpc_status.to_status(refusal))
            finally:
                set_caller(None)
                metrics.RPC_SECONDS.labels(path, code).observe(time.perf_counter() - began)


def grpc_code(refusal: status_pb2.Status) -> grpc.StatusCode:
    """The code of a status."""
    return next(code for code in grpc.StatusCode if code.value[0] == refusal.code)


def _admit(path: str, rule: Rule, caller: Caller | None) -> None:
    if rule.public:
        return
    if caller is None:
        raise Unauthenticated("NO_TOKEN", "this call needs a token; sign in with `oncordia login`")
    if not caller.has(*rule.roles):
        needed = ", ".join(sorted(rule.roles)) or "none"
        raise PermissionDenied("ROLE_MISSING", f"{path} needs one of these roles: {needed}")


def _as_status(error: Exception, path: str, trace_id: str) -> status_pb2.Status:
    if isinstance(error, OncordiaError):
        return status.to_status(error)
    if is_passing(error):
        _log.warning("the database is away", method=path, error=type(error).__name__)
        return status.to_status(Unavailable("DATABASE_AWAY", "the service's database is away; try again", 1.0))
    _log.error("call failed", method=path, exc_info=error)
    return status.internal(trace_id)
