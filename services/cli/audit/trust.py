"""Whose cosignatures evidence must carry, as a person says it on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cli.errors import UserError
from tlog.errors import FormatError
from tlog.keys import KeyType, VerifierKey
from tlog.note import Note
from tlog.policy import Policy
from tlog.signing import SignedCheckpoint, Verified


@dataclass(frozen=True, slots=True)
class Trust:
    """Each of these witnesses, and enough of those of the policy."""

    witnesses: tuple[VerifierKey, ...] = ()
    policy: Policy | None = None

    @property
    def needs_witnesses(self) -> bool:
        return bool(self.witnesses) or (self.policy is not None and self.policy.quorum is not None)

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """What to verify with."""
        return (*self.witnesses, *(self.policy.witness_keys() if self.policy is not None else ()))

    def require(self, signed: SignedCheckpoint) -> None:
        """Raises UserError, saying who is missing, unless all have cosigned that must have."""
        cosigned = {one.key for one in signed.cosignatures}
        missing = [key.name for key in self.witnesses if key not in cosigned]
        if missing:
            raise UserError(f"not cosigned by {', '.join(missing)}, so nothing shows that they have seen this log")
        if self.policy is not None and not self.policy.is_met(cosigned):
            by = ", ".join(key.name for key in cosigned) or "nobody"
            raise UserError(f"the witness policy is not met: cosigned, of those that it names, by {by}")


def trust_of(witnesses: Iterable[VerifierKey], policy: Path | None, log: VerifierKey) -> Trust:
    """The options --witness and --policy. Raises UserError naming the key, or the file and its line."""
    keys = tuple(witnesses)
    for key in keys:
        if key.type is not KeyType.COSIGNATURE:
            raise UserError(f"--witness {key.name} is no witness's key, but one that signs logs")
    if policy is None:
        return Trust(keys)
    try:
        read = Policy.parse(policy.read_bytes())
    except OSError as error:
        raise UserError(f"--policy {policy} can't be read: {error.strerror}") from None
    except FormatError as error:
        raise UserError(f"--policy {policy}: {error}") from None
    if not read.is_about(log):
        raise UserError(f"--policy {policy} is about other logs: it has no line for the key of {log.name}")
    return Trust(keys, read)


def seen_by(signed: SignedCheckpoint) -> str:
    """Who has seen the checkpoint, and when, to be put behind who signed it; empty where nobody has."""
    return "".join(f", seen by the witness {one.key.name} at {cosigned_at(one)}" for one in signed.cosignatures)


def cosigned_at(cosignature: Verified) -> str:
    """When the witness saw it, for people."""
    return f"{datetime.fromtimestamp(cosignature.time or 0, UTC):%Y-%m-%d %H:%M:%S} UTC"


def unchecked(note: Note, signed: SignedCheckpoint) -> Sequence[str]:
    """The names on signatures that were not checked, because nobody gave their keys."""
    checked = {(one.key.name, one.key.key_id) for one in signed.cosignatures}
    names = {s.name: None for s in note.signatures if (s.name, s.key_id) not in checked}
    return [name for name in names if name != signed.checkpoint.origin]
