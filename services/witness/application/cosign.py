"""Cosigns a checkpoint, if it continues what was cosigned before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tlog.add_checkpoint import AddCheckpoint
from tlog.checkpoint import Checkpoint
from tlog.cosignature import cosign
from tlog.errors import VerificationError
from tlog.keys import SignerKey, VerifierKey
from tlog.note import Note, Signature
from tlog.signing import verify
from witness.application.ports import Accuse, Store
from witness.domain.advance import NOTHING, Seen, advance
from witness.domain.refusals import Forked, NotProved, NotSigned, UnknownLog


@dataclass(frozen=True, slots=True)
class Cosign:
    """`logs`: the trusted keys of each log, by its origin. `now` gives seconds since 1970."""

    signer: SignerKey
    logs: Mapping[str, Sequence[VerifierKey]]
    store: Store
    now: Callable[[], int]
    accuse: Accuse

    def __call__(self, body: bytes) -> tuple[Checkpoint, Signature]:
        """The checkpoint and its cosignature; its state is on the disk by then.

        Raises FormatError for a malformed request, and Refused.
        """
        request = AddCheckpoint.parse(body)
        checkpoint = Checkpoint.parse(request.checkpoint.text)
        signed = self._signed_by_the_log(request.checkpoint, checkpoint.origin)

        def decide(stored: Note | None) -> Note:
            seen = advance(self._seen(stored), request.old, request.proof, checkpoint, self.now())
            return cosign(signed, self.signer, seen.time)

        try:
            return checkpoint, self.store.replace(checkpoint.origin, decide).signatures[-1]
        except (Forked, NotProved) as refused:
            self.accuse(signed, refused)
            raise

    def _signed_by_the_log(self, note: Note, origin: str) -> Note:
        """The note with the signatures of the log's trusted keys alone."""
        keys = self.logs.get(origin)
        if not keys:
            raise UnknownLog(f"this witness knows no log {origin}")
        try:
            verify(note, keys)
        except VerificationError as error:
            raise NotSigned(str(error)) from None
        trusted = {(key.name, key.key_id) for key in keys}
        return Note(note.text, tuple(one for one in note.signatures if (one.name, one.key_id) in trusted))

    def _seen(self, stored: Note | None) -> Seen:
        if stored is None:
            return NOTHING
        checkpoint = Checkpoint.parse(stored.text)
        (own,) = verify(stored, [self.signer.verifier()])
        return Seen(checkpoint.size, checkpoint.root, own.time or 0)
