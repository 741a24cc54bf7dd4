"""Small pieces of the C2SP text formats: decimal numbers and base64, in their one canonical spelling."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from tlog.errors import FormatError

MAX_SIZE: Final = (1 << 63) - 1
"""The largest tree size, index or timestamp that is written or read."""

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")


def parse_decimal(text: str, field: str) -> int:
    """A number from 0 to 2^63-1 without sign or leading zeros. Raises FormatError."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        raise FormatError(f"{field} must be a decimal number from 0 to 2^63-1 without leading zeros")
    return int(text)


def encode_utf8(text: str, field: str) -> bytes:
    """The text in UTF-8. Raises FormatError for a lone surrogate, which has no encoding."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise FormatError(f"{field} cannot be written as UTF-8") from None


def check_count(value: int, field: str) -> None:
    """Raises FormatError unless parse_decimal could give this value."""
    if not 0 <= value <= MAX_SIZE:
        raise FormatError(f"{field} must lie between 0 and 2^63-1")


def encode_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648, section 4)."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str, field: str) -> bytes:
    """The bytes behind encode_base64. Raises FormatError for any other spelling of the same bytes, too."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise FormatError(f"{field} is not standard base64") from None
    # Left-over bits would let one signature or hash be spelled in several ways.
    if encode_base64(data) != text:
        raise FormatError(f"{field} is not canonical base64")
    return data
