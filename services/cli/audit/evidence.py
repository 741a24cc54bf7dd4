"""Evidence of an entry, fetched from the hub and checked here."""

from __future__ import annotations

from cli.audit.newest_checkpoint import wait_cosigned, wait_signed
from cli.audit.trust import Trust, seen_by
from cli.client import Hub
from cli.errors import UserError
from oncordia.audit.v1 import messages_pb2
from tlog.errors import TlogError
from tlog.evidence import Evidence, Opening, Proven, verify_evidence
from tlog.hashing import Hash
from tlog.keys import VerifierKey
from tlog.note import Note
from tlog.record import Salt


async def fetch_and_verify(
    hub: Hub, name: str, key: VerifierKey, trust: Trust | None = None
) -> tuple[Evidence, Proven]:
    """The evidence of an entry, checked with the log's public key alone, or with `trust` also for who has cosigned it.

    Raises UserError if it proves nothing.
    """
    entry = await hub.audit.GetEntry(messages_pb2.GetEntryRequest(name=name), metadata=hub.metadata())
    # The entry can be read before the next checkpoint is signed.
    if trust is None:
        await wait_signed(hub, entry.index + 1)
        cosigned = False
    else:
        cosigned = await wait_cosigned(hub, entry.index + 1, needed=trust.needs_witnesses)
    proof = await hub.audit.GetInclusionProof(
        messages_pb2.GetInclusionProofRequest(index=entry.index, cosigned=cosigned), metadata=hub.metadata()
    )
    opening = Opening(Salt(entry.salt), entry.body) if entry.HasField("salt") and entry.HasField("body") else None
    try:
        evidence = Evidence(
            index=entry.index,
            record=entry.leaf,
            opening=opening,
            hashes=tuple(Hash(h) for h in proof.hashes),
            checkpoint=Note.parse(proof.checkpoint.encode()),
        )
        proven = verify_evidence(evidence, key, trust.keys if trust is not None else ())
        if trust is not None:
            trust.require(proven.checkpoint)
        return evidence, proven
    except TlogError as error:
        raise UserError(f"the log's proof of {name} does NOT hold: {error}") from None


async def retention_words(hub: Hub, name: str) -> str:
    """When the content of an entry was deleted, in words; empty if its retention has not ended."""
    entry = await hub.audit.GetEntry(messages_pb2.GetEntryRequest(name=name), metadata=hub.metadata())
    if not entry.HasField("body_end_time"):
        return ""
    return (
        f"its content was deleted on {entry.body_end_time.ToDatetime():%Y-%m-%d}, when its retention ended; evidence "
        "that was taken before still proves it"
    )


def proof_sentence(proven: Proven) -> str:
    """What was proved, in words."""
    content = "its content matches its commitment" if proven.body else "its content was not given, only its record"
    return (
        f"PROVED: entry {proven.index} is in the log of {proven.checkpoint.checkpoint.size:,} entries, "
        f"signed by {proven.checkpoint.checkpoint.origin}{seen_by(proven.checkpoint)}; {content}"
    )
