"""Cosignatures of witnesses (c2sp.org/tlog-cosignature, Ed25519): who saw a checkpoint, and when."""

from __future__ import annotations

from typing import Final

from tlog.checkpoint import Checkpoint
from tlog.errors import FormatError, VerificationError
from tlog.keys import KeyType, SignerKey, VerifierKey
from tlog.note import Note, Signature
from tlog.text import MAX_SIZE, check_count

_TIME_BYTES: Final = 8
_ED25519_SIZE: Final = 64


def cosign(note: Note, signer: SignerKey, time: int) -> Note:
    """The checkpoint's note with a cosignature more; `time` in seconds since 1970.

    Whoever calls has verified that the checkpoint is consistent with all that it has seen of the log. Raises
    FormatError where the text is no checkpoint, the key is of another type or the time is out of range.
    """
    if signer.type is not KeyType.COSIGNATURE:
        raise FormatError(f"key {signer.name} is not of the cosignature type")
    Checkpoint.parse(note.text)
    check_count(time, "cosignature time")
    value = time.to_bytes(_TIME_BYTES, "big") + signer.sign(_message(note.text, time))
    return note.signed_also(Signature(signer.name, signer.verifier().key_id, value))


def cosignature_time(text: str, value: bytes, key: VerifierKey) -> int:
    """When the key cosigned this checkpoint, in seconds since 1970. Raises VerificationError."""
    if len(value) != _TIME_BYTES + _ED25519_SIZE:
        raise VerificationError(f"cosignature of {key.name} has {len(value)} bytes, not 72")
    time = int.from_bytes(value[:_TIME_BYTES], "big")
    if time > MAX_SIZE:
        raise VerificationError(f"cosignature of {key.name} has a time beyond 2^63-1")
    try:
        Checkpoint.parse(text)
    except FormatError as error:
        raise VerificationError(f"{key.name} cosigned what is no checkpoint: {error}") from None
    key.check(value[_TIME_BYTES:], _message(text, time))
    return time


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
