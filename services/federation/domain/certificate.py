"""What the hub remembers of a certificate that it gave to a node."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from federation.domain.provider import ProviderId

Serial = NewType("Serial", str)
"""Lower-case hexadecimal digits, without leading zeros."""


@dataclass(frozen=True, slots=True)
class Certificate:
    serial: Serial
    provider: ProviderId
    expire_time: datetime
    revoked: bool = False


def serial_of(number: int) -> Serial:
    """The serial as it is stored and shown."""
    return Serial(format(number, "x"))


def given_serial(text: str) -> Serial:
    """The serial that a person typed, in any of the usual spellings."""
    return Serial(text.lower().removeprefix("0x").replace(":", "").lstrip("0"))
