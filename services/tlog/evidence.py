"""Evidence that an event is in the log: one file that anybody can check offline with the log's verifier key.

The file is a C2SP proof file. Its extra data hold Oncordia's part, version 1, integers big-endian:

    version  1 byte  1
    record   uint16 length, then the leaf record
    opening  1 byte  0: none, the file ends here; 1: salt (32 bytes) and body (uint32 length, bytes) follow

Without opening it proves that an event with this id is in the log, with it also what the event said. The log
can give no opening once the retention of the body has ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from tlog.body import EventBody
from tlog.bundles import MAX_ENTRY
from tlog.errors import FormatError
from tlog.framing import Frame
from tlog.hashing import Hash, leaf_hash
from tlog.keys import VerifierKey
from tlog.note import Note
from tlog.proof_file import ProofFile
from tlog.record import SALT_SIZE, LeafRecord, Salt, verify_commitment
from tlog.signing import SignedCheckpoint, verify_checkpoint
from tlog.verify import verify_inclusion

_VERSION: Final = 1
_RECORD_LENGTH: Final = 2
_BODY_LENGTH: Final = 4
_CLOSED: Final = 0
_OPEN: Final = 1


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a commitment. Both are personal data as long as they exist, so neither is shown by repr."""

    salt: Salt = field(repr=False)
    body: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.salt) != SALT_SIZE:
            raise FormatError(f"salt has {len(self.salt)} bytes, not {SALT_SIZE}")
        if len(self.body) >= 1 << 8 * _BODY_LENGTH:
            raise FormatError("body must be shorter than 4 GiB")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A leaf record as it stands in the log, its proof, and where allowed what opens its commitment."""

    index: int
    record: bytes
    opening: Opening | None
    hashes: tuple[Hash, ...]
    checkpoint: Note

    def encode(self) -> bytes:
        """The proof file. Raises FormatError where a part does not fit."""
        return ProofFile(self.index, self._extra(), self.hashes, self.checkpoint).encode()

    @classmethod
    def decode(cls, data: bytes) -> Evidence:
        """Reads a proof file of Oncordia, without verifying it. Raises FormatError."""
        file = ProofFile.decode(data)
        if file.extra is None:
            raise FormatError("proof file has no extra data; Oncordia's hold the leaf record")
        frame = Frame(file.extra, "extra data")
        frame.version(_VERSION)
        record = frame.take(frame.unsigned(_RECORD_LENGTH, "length of the record"), "record")
        opening = _take_opening(frame)
        frame.end()
        return cls(file.index, record, opening, file.hashes, file.checkpoint)

    def _extra(self) -> bytes:
        if len(self.record) > MAX_ENTRY:
            raise FormatError(f"leaf record has {len(self.record)} bytes; allowed are at most {MAX_ENTRY}")
        head = bytes([_VERSION]) + len(self.record).to_bytes(_RECORD_LENGTH, "big") + self.record
        if self.opening is None:
            return head + bytes([_CLOSED])
        length = len(self.opening.body).to_bytes(_BODY_LENGTH, "big")
        return head + bytes([_OPEN]) + self.opening.salt + length + self.opening.body


def _take_opening(frame: Frame) -> Opening | None:
    opening = frame.unsigned(1, "opening")
    if opening == _CLOSED:
        return None
    if opening != _OPEN:
        raise FormatError(f"extra data: opening must be {_CLOSED} or {_OPEN}, not {opening}")
    salt = Salt(frame.take(SALT_SIZE, "salt"))
    return Opening(salt, frame.take(frame.unsigned(_BODY_LENGTH, "length of the body"), "body"))


@dataclass(frozen=True, slots=True)
class Proven:
    """What a piece of evidence proves. `body` is None where the evidence does not open it."""

    index: int
    record: LeafRecord
    body: EventBody | None
    checkpoint: SignedCheckpoint


def verify_evidence(
    evidence: Evidence, log: VerifierKey, witnesses: Iterable[VerifierKey] = (), *, origin: str | None = None
) -> Proven:
    """Checks the log's signature, the inclusion proof and the commitment; needs nothing but the keys.

    `origin` as in verify_checkpoint. How many witnesses are enough is the caller's rule. Raises
    VerificationError where anything does not hold, FormatError where a part is malformed.
    """
    signed = verify_checkpoint(evidence.checkpoint, log, witnesses, origin=origin)
    verify_inclusion(
        leaf=leaf_hash(evidence.record),
        index=evidence.index,
        size=signed.checkpoint.size,
        root=signed.checkpoint.root,
        proof=evidence.hashes,
    )
    record = LeafRecord.decode(evidence.record)
    body = None
    if evidence.opening is not None:
        verify_commitment(record, evidence.opening.salt, evidence.opening.body)
        body = EventBody.decode(evidence.opening.body)
    return Proven(evidence.index, record, body, signed)
