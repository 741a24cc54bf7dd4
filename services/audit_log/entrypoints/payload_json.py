"""Payloads of events as JSON, for people."""

from __future__ import annotations

import importlib
import pkgutil

from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.message import DecodeError

import oncordia.events.v1
from tlog.body import EventBody

# Importing a generated module adds its messages to the default pool.
for _module in pkgutil.iter_modules(oncordia.events.v1.__path__):
    if _module.name.endswith("_pb2"):
        importlib.import_module(f"oncordia.events.v1.{_module.name}")

_TYPE = "ce_type"


def payload_json(body: bytes) -> str | None:
    """The payload of an event body as JSON; None if this program doesn't know its type or can't read it."""
    event = EventBody.decode(body)
    type_ = next((header.value for header in event.headers if header.name == _TYPE), None)
    if type_ is None:
        return None
    try:
        descriptor = descriptor_pool.Default().FindMessageTypeByName(type_.decode())
        payload = message_factory.GetMessageClass(descriptor).FromString(event.value or b"")
    except (KeyError, DecodeError):
        return None
    return json_format.MessageToJson(payload, preserving_proto_field_name=True, indent=None)
