"""Failed calls in words for a person: what is wrong and what to do."""

from __future__ import annotations

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status


class UserError(Exception):
    """Something the person at the terminal can mend. The message says how."""


def explain(error: grpc.aio.AioRpcError) -> str:
    """A failed call's status, its reason and the fields that are wrong."""
    reason, violations = details(error)
    if violations:
        return "\n".join(f"{field}: {description}" for field, description in violations)
    if error.code() is grpc.StatusCode.UNAVAILABLE and not reason:
        return "the hub does not answer; is it running? (`make up` starts one here)"
    message = error.details() or error.code().name
    return f"{message} ({reason})" if reason else message


def details(error: grpc.aio.AioRpcError) -> tuple[str, list[tuple[str, str]]]:
    """The stable reason, and the wrong fields with what is wrong with each."""
    status = rpc_status.from_call(error)
    reason, violations = "", []
    for detail in status.details if status else ():
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.Unpack(info):
            reason = info.reason
        elif detail.Unpack(bad):
            violations = [(v.field, v.description) for v in bad.field_violations]
    return reason, violations
