"""A signed checkpoint on its way to the witnesses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from audit_log.domain.published import Published
from tlog.cosignature import cosignature_time
from tlog.errors import VerificationError
from tlog.keys import VerifierKey
from tlog.note import Note, Signature
from tlog.policy import Policy


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A verified cosignature, and its time in seconds since 1970."""

    signature: Signature
    time: int


@dataclass(frozen=True, slots=True)
class Round:
    """The checkpoint, and the verified cosignatures that it has got so far."""

    checkpoint: Published
    cosignatures: Mapping[VerifierKey, Cosignature] = field(default_factory=dict)

    def with_also(self, key: VerifierKey, cosignature: Cosignature) -> Round:
        return Round(self.checkpoint, {**self.cosignatures, key: cosignature})

    def lacks(self, key: VerifierKey) -> bool:
        return key not in self.cosignatures

    def is_met(self, policy: Policy) -> bool:
        return policy.is_met(self.cosignatures.keys())

    def cosigned(self, policy: Policy) -> Published:
        """The checkpoint with the cosignatures of the policy's witnesses, in the policy's order."""
        found = [self.cosignatures[key].signature for key in policy.witness_keys() if key in self.cosignatures]
        note = Note.parse(self.checkpoint.note).signed_also(*found).encode()
        return Published(self.checkpoint.size, self.checkpoint.root, note)


def round_of(checkpoint: Published, stored: Published | None, policy: Policy) -> Round:
    """A new round, with the cosignatures that are stored of this very checkpoint."""
    if stored is None or (stored.size, stored.root) != (checkpoint.size, checkpoint.root):
        return Round(checkpoint)
    return Round(checkpoint, cosignatures_in(stored.note, policy))


def cosignatures_in(note: bytes, policy: Policy) -> dict[VerifierKey, Cosignature]:
    """The valid cosignatures of the policy's witnesses on a checkpoint."""
    parsed = Note.parse(note)
    found = {}
    for key in policy.witness_keys():
        try:
            found[key] = cosignature_of(key, parsed.text, parsed.signatures)
        except VerificationError:
            continue
    return found


def cosignature_of(key: VerifierKey, text: str, signatures: Iterable[Signature]) -> Cosignature:
    """The key's cosignature of a checkpoint's text; those of other keys are ignored. Raises VerificationError."""
    for signature in signatures:
        if (signature.name, signature.key_id) == (key.name, key.key_id):
            return Cosignature(signature, cosignature_time(text, signature.value, key))
    raise VerificationError(f"there is no cosignature of {key.name}")
