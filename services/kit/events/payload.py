"""Payloads of events, by the type that an event names."""

from __future__ import annotations

import importlib
import pkgutil

from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.message import DecodeError, Message

import oncordia.events.v1

# Importing a generated module adds its messages to the default pool.
for _module in pkgutil.iter_modules(oncordia.events.v1.__path__):
    if _module.name.endswith("_pb2"):
        importlib.import_module(f"oncordia.events.v1.{_module.name}")


def payload_of(type_: str, value: bytes | None) -> Message | None:
    """The payload of an event of this type; None if this program doesn't know the type or can't read it."""
    try:
        descriptor = descriptor_pool.Default().FindMessageTypeByName(type_)
        return message_factory.GetMessageClass(descriptor).FromString(value or b"")
    except (KeyError, DecodeError):
        return None


def payload_json(type_: str, value: bytes | None) -> str | None:
    """The same as JSON on one line."""
    payload = payload_of(type_, value)
    return (
        None if payload is None else json_format.MessageToJson(payload, preserving_proto_field_name=True, indent=None)
    )
