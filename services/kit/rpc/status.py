"""Errors as google.rpc.Status: the one place where they are translated, both ways."""

from __future__ import annotations

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from kit.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidInput,
    NotFound,
    OncordiaError,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
)

DOMAIN = "oncordia"

_CODES: dict[type[OncordiaError], int] = {
    InvalidInput: code_pb2.INVALID_ARGUMENT,
    NotFound: code_pb2.NOT_FOUND,
    AlreadyExists: code_pb2.ALREADY_EXISTS,
    Unauthenticated: code_pb2.UNAUTHENTICATED,
    PermissionDenied: code_pb2.PERMISSION_DENIED,
    FailedPrecondition: code_pb2.FAILED_PRECONDITION,
    ResourceExhausted: code_pb2.RESOURCE_EXHAUSTED,
    Unavailable: code_pb2.UNAVAILABLE,
}


def to_status(error: OncordiaError) -> status_pb2.Status:
    """The status with its reason, and what else helps: the fields that are wrong, when to try again."""
    details: list[Message] = [error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN)]
    if isinstance(error, InvalidInput):
        violations = [
            error_details_pb2.BadRequest.FieldViolation(field=v.field, description=v.description)
            for v in error.violations
        ]
        details.append(error_details_pb2.BadRequest(field_violations=violations))
    if isinstance(error, Unavailable):
        wait = duration_pb2.Duration()
        wait.FromMilliseconds(int(error.retry_seconds * 1000))
        details.append(error_details_pb2.RetryInfo(retry_delay=wait))
    return status_pb2.Status(
        code=_CODES.get(type(error), code_pb2.UNKNOWN),
        message=error.message,
        details=[_packed(d) for d in details],
    )


def internal(trace_id: str) -> status_pb2.Status:
    """A fault of ours. The caller learns nothing but where an operator finds it."""
    info = error_details_pb2.ErrorInfo(reason="INTERNAL", domain=DOMAIN, metadata={"trace_id": trace_id})
    return status_pb2.Status(
        code=code_pb2.INTERNAL,
        message=f"a fault of this service; its operator finds it in the log by trace {trace_id or '(none)'}",
        details=[_packed(info)],
    )


def reason_of(error: grpc.RpcError) -> str:
    """The stable reason in a failed call's status, or an empty string."""
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return str(info.reason)
    return ""


def _packed(message: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed
