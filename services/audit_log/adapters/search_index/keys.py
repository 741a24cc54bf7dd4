"""The keys of terms in the index. Never change them: what is sealed is looked up by them."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final, NewType

from audit_log.domain.terms import Field

Key = NewType("Key", int)
"""A hash of a field and a value, signed, as a common term's row has it."""

BUCKETS: Final = 512
"""So many rows hold the rare terms of a chunk: of two rare terms an entry, some 250 stand in each."""

REST_BYTES: Final = 4


def key_of(field: Field, value: str) -> Key:
    """The key of a term."""
    digest = blake2b(value.encode(), digest_size=8, person=field.encode()).digest()
    return Key(int.from_bytes(digest, "big", signed=True))


def bucket_of(key: Key) -> int:
    """The row of a rare term."""
    return key % BUCKETS


def rest_of(key: Key) -> bytes:
    """What tells a rare term from most others in its row."""
    return (key >> 32 & 0xFFFFFFFF).to_bytes(REST_BYTES, "big")
