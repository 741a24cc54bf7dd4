"""The keys of terms in the index. Never change them: what is sealed is looked up by them."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final, NamedTuple

from audit_log.domain.terms import Field

BUCKETS: Final = 512
"""So many rows hold the rare terms of a chunk: of two rare terms an entry, some 250 stand in each."""

REST_BYTES: Final = 4


class Key(NamedTuple):
    """`number` is that of a common term's row; a rare term is in a row with others, told apart by `rest`."""

    number: int
    bucket: int
    rest: bytes


def key_of(field: Field, value: str) -> Key:
    """A hash of the two."""
    digest = blake2b(value.encode(), digest_size=8, person=field.encode()).digest()
    number = int.from_bytes(digest, "big", signed=True)
    return Key(number, number % BUCKETS, digest[:REST_BYTES])
