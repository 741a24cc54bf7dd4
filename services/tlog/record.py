"""Oncordia's leaf record: what the log's tree is built over. It identifies nobody and may be public.

Version 1, integers big-endian:

    version          1 byte    1
    event id         16 bytes  the event's UUID
    producer         1 byte length, then 1 to 255 bytes of UTF-8
    producer number  uint64    the producer's own gapless count of its events
    time             int64     of the event, microseconds since 1970-01-01T00:00:00Z
    commitment       32 bytes  SHA-256(salt, 32 bytes, followed by the body)

The salt keeps the commitment silent on the body: once both are deleted, nothing can be guessed from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Final, NewType
from uuid import UUID

from tlog.errors import FormatError, VerificationError
from tlog.framing import Frame, framed_text
from tlog.text import encode_utf8

Salt = NewType("Salt", bytes)
"""32 random bytes, one salt for each event, secret while the body is."""

Commitment = NewType("Commitment", bytes)
"""SHA-256 of salt and body."""

SALT_SIZE: Final = 32
COMMITMENT_SIZE: Final = 32
_VERSION: Final = 1
_ID_BYTES: Final = 16
_INTEGER_BYTES: Final = 8
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class LeafRecord:
    """One event's leaf, fields as in the layout above. Raises FormatError for a field out of its range."""

    event_id: UUID
    producer: str
    producer_number: int
    time_us: int
    commitment: Commitment

    def __post_init__(self) -> None:
        if not 1 <= len(encode_utf8(self.producer, "producer")) <= 255:
            raise FormatError("producer must have 1 to 255 bytes of UTF-8")
        if not 0 <= self.producer_number < 1 << 64:
            raise FormatError("producer number must lie between 0 and 2^64-1")
        if not -(1 << 63) <= self.time_us < 1 << 63:
            raise FormatError("time in microseconds must fit into 64 bits")
        if len(self.commitment) != COMMITMENT_SIZE:
            raise FormatError(f"commitment has {len(self.commitment)} bytes, not {COMMITMENT_SIZE}")

    def encode(self) -> bytes:
        """The leaf's bytes, 67 to 321."""
        return b"".join(
            (
                bytes([_VERSION]),
                self.event_id.bytes,
                framed_text(self.producer, 1, "producer"),
                self.producer_number.to_bytes(_INTEGER_BYTES, "big"),
                self.time_us.to_bytes(_INTEGER_BYTES, "big", signed=True),
                self.commitment,
            )
        )

    @classmethod
    def decode(cls, data: bytes) -> LeafRecord:
        """Reads a leaf's bytes, all of them. Raises FormatError."""
        frame = Frame(data, "leaf record")
        frame.version(_VERSION)
        record = cls(
            event_id=UUID(bytes=frame.take(_ID_BYTES, "event id")),
            producer=frame.text(1, "producer"),
            producer_number=frame.unsigned(_INTEGER_BYTES, "producer number"),
            time_us=frame.signed(_INTEGER_BYTES, "time"),
            commitment=Commitment(frame.take(COMMITMENT_SIZE, "commitment")),
        )
        frame.end()
        return record


def record_of(event_id: UUID, producer: str, number: int, time: datetime, salt: Salt, body: bytes) -> LeafRecord:
    """The record of an event whose body is salted so. `time` has a time zone. Raises FormatError."""
    return LeafRecord(event_id, producer, number, (time - _EPOCH) // _MICROSECOND, commit(salt, body))


def commit(salt: Salt, body: bytes) -> Commitment:
    """SHA-256(salt, then body). Raises FormatError where the salt has not 32 bytes."""
    if len(salt) != SALT_SIZE:
        raise FormatError(f"salt has {len(salt)} bytes, not {SALT_SIZE}")
    return Commitment(sha256(salt + body).digest())


def verify_commitment(record: LeafRecord, salt: Salt, body: bytes) -> None:
    """Checks that the record was made for this body. Raises VerificationError, FormatError for the salt."""
    if not compare_digest(commit(salt, body), record.commitment):
        raise VerificationError("body and salt do not fit the commitment in the leaf record")
