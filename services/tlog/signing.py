"""Signing of notes, and verification against the keys that one trusts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from tlog.checkpoint import Checkpoint
from tlog.cosignature import cosignature_time
from tlog.errors import FormatError, VerificationError
from tlog.keys import KeyId, KeyType, SignerKey, VerifierKey
from tlog.note import Note, Signature, check_text


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that was checked. `time` is that of a cosignature in seconds since 1970, else None."""

    key: VerifierKey
    time: int | None


def sign(text: str, *signers: SignerKey) -> Note:
    """The note of this text, signed by each key, in order.

    Raises FormatError where the text is not allowed in a note, or a key is for cosignatures, which need a time.
    """
    for signer in signers:
        if signer.type is not KeyType.ED25519:
            raise FormatError(f"key {signer.name} signs no plain notes; it is a {signer.type.name} key")
    check_text(text)
    message = text.encode()
    return Note(text, tuple(Signature(one.name, one.verifier().key_id, one.sign(message)) for one in signers))


def verify(note: Note, keys: Iterable[VerifierKey]) -> tuple[Verified, ...]:
    """The known keys that signed, each once, so that one can count them. Other keys are ignored.

    Of several cosignatures of one key the newest is given.

    Raises VerificationError where a signature of a known key is wrong, or none of them has signed.
    """
    known: dict[tuple[str, KeyId], VerifierKey] = {(key.name, key.key_id): key for key in keys}
    checked: dict[VerifierKey, Verified] = {}
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        found = _verify(note.text, signature.value, key)
        before = checked.get(key)
        if before is None or (before.time or 0) < (found.time or 0):
            checked[key] = found
    if not checked:
        raise VerificationError("note is signed by none of the known keys")
    return tuple(checked.values())


def _verify(text: str, value: bytes, key: VerifierKey) -> Verified:
    match key.type:
        case KeyType.ED25519:
            key.check(value, text.encode())
            return Verified(key, None)
        case KeyType.COSIGNATURE:
            return Verified(key, cosignature_time(text, value, key))
        case _:
            assert_never(key.type)


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint that the log signed, and the witnesses' cosignatures that were checked, one each."""

    checkpoint: Checkpoint
    cosignatures: tuple[Verified, ...]


def verify_checkpoint(
    note: Note, log: VerifierKey, witnesses: Iterable[VerifierKey] = (), *, origin: str | None = None
) -> SignedCheckpoint:
    """The checkpoint in a note that `log` signed. How many witnesses are enough is the caller's rule.

    `origin` is what the checkpoint must name, by default the log key's name. Raises VerificationError where
    the log did not sign or another origin stands there, FormatError where the text is no checkpoint.
    """
    checked = verify(note, [log, *witnesses])
    if all(one.key != log for one in checked):
        raise VerificationError(f"checkpoint is not signed by the log {log.name}")
    checkpoint = Checkpoint.parse(note.text)
    expected = log.name if origin is None else origin
    if checkpoint.origin != expected:
        raise VerificationError(f"checkpoint is of {checkpoint.origin}, not of {expected}")
    return SignedCheckpoint(checkpoint, tuple(one for one in checked if one.key != log))
