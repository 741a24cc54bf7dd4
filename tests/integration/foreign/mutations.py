"""One byte changed anywhere, and what a reader with our verifier makes of it.

A change is detected where what the reader does raises FormatError, malformed, or VerificationError, proving nothing.
In one kind of place it may pass: the signature line of a key that the reader does not know, which notes ignore. The
note then has to prove the very same as before. All else is missed; any other error is a bug, and nobody catches it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tlog.errors import FormatError, VerificationError


class Outcome(StrEnum):
    MALFORMED = "refused as malformed"
    UNPROVED = "refused as proving nothing"
    IGNORED = "ignored by rule"
    MISSED = "missed"


@dataclass(frozen=True)
class Target:
    """Bytes that a reader gets from the log, and what the reader does with them.

    `verify` returns what they prove, and raises TlogError. `span` is where bytes are changed.
    """

    name: str
    data: bytes
    verify: Callable[[bytes], object]
    span: range
    ignorable: bool = False


@dataclass(frozen=True)
class Trial:
    """Byte `offset` of the target became `was ^ flip`."""

    kind: str
    target: str
    offset: int
    flip: int
    outcome: Outcome


def tried(kind: str, target: Target, chance: random.Random) -> Trial:
    """Changes one byte. Raises TlogError where the untouched bytes do not verify."""
    proven = target.verify(target.data)
    offset, flip = chance.choice(target.span), chance.randrange(1, 256)
    changed = bytearray(target.data)
    changed[offset] ^= flip
    return Trial(kind, target.name, offset, flip, _outcome(target, bytes(changed), proven))


def _outcome(target: Target, changed: bytes, proven: object) -> Outcome:
    try:
        found = target.verify(changed)
    except FormatError:
        return Outcome.MALFORMED
    except VerificationError:
        return Outcome.UNPROVED
    return Outcome.IGNORED if target.ignorable and found == proven else Outcome.MISSED
