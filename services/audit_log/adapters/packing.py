"""Handles and trace ids as half as many bytes as they have digits: every entry has them."""

from __future__ import annotations

import re
from functools import lru_cache

from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_HANDLE = re.compile(r"[0-9a-f]{64}")
# No text in the log holds a NUL, so it tells a packed handle from the name of a node or a service.
_PACKED = b"\0"


# The same few act over and over.
@lru_cache(maxsize=4096)
def pack_actor(actor: str) -> bytes:
    return _PACKED + bytes.fromhex(actor) if _HANDLE.fullmatch(actor) else actor.encode()


@lru_cache(maxsize=4096)
def unpack_actor(packed: bytes) -> str:
    return packed[1:].hex() if packed.startswith(_PACKED) else packed.decode()


class Actor(TypeDecorator[str]):
    """A column of actors."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else pack_actor(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else unpack_actor(value)


class TraceId(TypeDecorator[str]):
    """A column of trace ids."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else value.hex()
