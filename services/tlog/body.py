"""The body behind a leaf record: the event as it was published, byte for byte.

Version 1, integers big-endian:

    version  1 byte  1
    topic    uint16 length, then 1 to 65535 bytes of UTF-8
    key      optional bytes
    headers  uint16 count, then for each, in their order: name (as topic, or empty), value (optional bytes)
    value    optional bytes

Optional bytes are an int32 length and the bytes, or the length -1 for none, which is not the same as empty.
Kafka's offset and timestamp are left out: a resent event has the same body.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from tlog.errors import FormatError
from tlog.framing import Frame, framed_text

_VERSION: Final = 1
_TEXT_LENGTH: Final = 2
_COUNT_BYTES: Final = 2
_LENGTH_BYTES: Final = 4
_LENGTH: Final = struct.Struct(">i")
_NONE: Final = -1
_MAX_HEADERS: Final = (1 << 16) - 1
_MAX_BYTES: Final = (1 << 31) - 1


class Header(NamedTuple):
    """One header of an event. Names may repeat."""

    name: str
    value: bytes | None


@dataclass(frozen=True, slots=True)
class EventBody:
    """An event: topic, key, headers in their order, value. Raises FormatError for an empty topic."""

    topic: str
    key: bytes | None
    headers: tuple[Header, ...]
    value: bytes | None

    def __post_init__(self) -> None:
        if not self.topic:
            raise FormatError("topic of an event must not be empty")

    def encode(self) -> bytes:
        """The layout above. Raises FormatError where a field does not fit it, without its content."""
        if len(self.headers) > _MAX_HEADERS:
            raise FormatError(f"event has {len(self.headers)} headers; allowed are at most {_MAX_HEADERS}")
        parts = [
            bytes([_VERSION]),
            _framed(self.topic, "topic"),
            _optional(self.key, "key"),
            len(self.headers).to_bytes(_COUNT_BYTES, "big"),
        ]
        for name, value in self.headers:
            parts += (_framed(name, "header name"), _optional(value, "header value"))
        parts.append(_optional(self.value, "value"))
        return b"".join(parts)

    @classmethod
    def decode(cls, data: bytes) -> EventBody:
        """Reads a body, all of it. Raises FormatError."""
        frame = Frame(data, "event body")
        frame.version(_VERSION)
        topic = frame.text(_TEXT_LENGTH, "topic")
        key = _take_optional(frame, "key")
        headers = tuple(
            Header(frame.text(_TEXT_LENGTH, "header name"), _take_optional(frame, "header value"))
            for _ in range(frame.unsigned(_COUNT_BYTES, "number of headers"))
        )
        value = _take_optional(frame, "value")
        frame.end()
        return cls(topic, key, headers, value)


# Events have the same few topics and header names over and over.
@lru_cache(maxsize=256)
def _framed(text: str, field: str) -> bytes:
    return framed_text(text, _TEXT_LENGTH, field)


def _optional(data: bytes | None, field: str) -> bytes:
    if data is None:
        return _LENGTH.pack(_NONE)
    if len(data) > _MAX_BYTES:
        raise FormatError(f"{field} has {len(data)} bytes; allowed are at most {_MAX_BYTES}")
    return _LENGTH.pack(len(data)) + data


def _take_optional(frame: Frame, field: str) -> bytes | None:
    length = frame.signed(_LENGTH_BYTES, field)
    if length == _NONE:
        return None
    if length < _NONE:
        raise FormatError(f"length of {field} is negative; only -1 is allowed, for none")
    return frame.take(length, field)
