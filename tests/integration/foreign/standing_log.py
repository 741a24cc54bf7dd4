"""A log of 20,000 entries that was killed again and again, and now stands still: what others verify."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from audit_log.domain.published import Published
from oncordia.audit.v1 import messages_pb2
from tests.integration.audit_log.proofs import log_key, published_size, verify_files
from tests.integration.audit_log.through_kills import everything_is_in, send_through_kills
from tests.integration.audit_log.world import AuditLog, query_created
from tests.world import LocalIssuer, Metadata, wait_until
from tlog.evidence import Evidence, Opening
from tlog.hashing import Hash, as_hash
from tlog.keys import VerifierKey
from tlog.note import Note
from tlog.record import Salt

_EVENTS = 20_000
_OPENED = 12


@dataclass(frozen=True)
class StandingLog:
    """`earlier` are checkpoints seen before the kills; `opened` is the evidence of entries that an auditor has read."""

    log: AuditLog
    published: Published
    leaves: list[bytes]
    earlier: tuple[Published, ...]
    opened: tuple[Evidence, ...]

    @property
    def files(self) -> Path:
        return self.log.files

    @property
    def url(self) -> str:
        return f"http://{self.log.tiles}"

    @property
    def key(self) -> VerifierKey:
        return log_key(self.log)

    @property
    def size(self) -> int:
        return self.published.size

    def inclusion(self, index: int) -> list[Hash]:
        """The proof that gRPC gives for a leaf."""
        with self.log.stub() as stub:
            request = messages_pb2.GetInclusionProofRequest(index=index, tree_size=self.size)
            return [as_hash(one) for one in stub.GetInclusionProof(request).hashes]

    def consistency(self, old_size: int) -> list[Hash]:
        """The proof that gRPC gives for an older tree."""
        with self.log.stub() as stub:
            request = messages_pb2.GetConsistencyProofRequest(old_size=old_size, new_size=self.size)
            return [as_hash(one) for one in stub.GetConsistencyProof(request).hashes]


async def standing_log(log: AuditLog, issuer: LocalIssuer, seed: int) -> StandingLog:
    """Starts the log, fills it through kills, reads entries of it, and waits until nothing more comes."""
    producer, chance = f"p-{uuid4().hex[:8]}", random.Random(seed)
    log.settings["ONCORDIA_INGEST_BATCH"] = "700"
    events = [query_created(producer, number) for number in range(1, _EVENTS + 1)]
    log.start()
    earlier = [before async for before, _ in send_through_kills(log, events, chance)]
    await everything_is_in(log, events)
    indexes = chance.sample(range(_EVENTS), _OPENED)
    auditor = issuer.metadata("auditor-1")
    read = [_read(log, auditor, index) for index in indexes]
    # That the auditor signed in and was given each body are entries of their own.
    wait_until(lambda: published_size(log) >= _EVENTS + 1 + _OPENED)
    published, leaves = verify_files(log)
    standing = StandingLog(log, published, leaves, tuple(earlier), ())
    note = Note.parse(published.note)
    opened = [
        Evidence(index, record, opening, tuple(standing.inclusion(index)), note)
        for index, (record, opening) in zip(indexes, read, strict=True)
    ]
    return StandingLog(log, published, leaves, tuple(earlier), tuple(opened))


def _read(log: AuditLog, auditor: Metadata, index: int) -> tuple[bytes, Opening]:
    with log.stub() as stub:
        request = messages_pb2.GetEntryRequest(name=f"entries/{index}")
        entry = stub.GetEntry(request, metadata=auditor)
    return entry.leaf, Opening(Salt(entry.salt), entry.body)
