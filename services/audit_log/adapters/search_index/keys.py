"""The keys of terms in the index. Never change them: what is sealed is looked up by them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from audit_log.domain.terms import Term

BUCKETS: Final = 512
"""So many rows hold the rare terms of a chunk: of two rare terms an entry, some 250 stand in each."""

REST_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Key:
    """`number` is that of a common term's row; a rare term is in a row with others, told apart by `rest`."""

    number: int
    bucket: int
    rest: bytes


def key_of(term: Term) -> Key:
    """A hash of the field and the value."""
    digest = blake2b(term.value.encode(), digest_size=8, person=term.field.encode()).digest()
    number = int.from_bytes(digest, "big", signed=True)
    return Key(number, number % BUCKETS, digest[:REST_BYTES])
