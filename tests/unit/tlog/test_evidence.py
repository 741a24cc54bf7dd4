"""Evidence: one file that proves an event to somebody who has only the log's key."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from tests.unit.tlog.support import entries, stored
from tlog.body import EventBody
from tlog.checkpoint import Checkpoint
from tlog.cosignature import cosign
from tlog.errors import FormatError, TlogError, VerificationError
from tlog.evidence import Evidence, Opening, verify_evidence
from tlog.hashing import leaf_hashes
from tlog.keys import KeyType, SignerKey
from tlog.note import Note
from tlog.proof_file import MAX_HASHES, ProofFile
from tlog.proofs import inclusion_proof
from tlog.record import LeafRecord, Salt, commit
from tlog.signing import sign
from tlog.tree import Frontier

_LOG = SignerKey("log.example.eu/audit", KeyType.ED25519, bytes(range(32)))
_WITNESS = SignerKey("witness.example/w1", KeyType.COSIGNATURE, b"w" * 32)
_BODY = EventBody("oncordia.query.events.v1", b"queries/1", (), b"value")
_OPENING = Opening(Salt(b"s" * 32), _BODY.encode())
_RECORD = LeafRecord(UUID(int=5), "query_broker", 3, 1_700_000_000_000_000, commit(_OPENING.salt, _OPENING.body))
_INDEX = 5
_SIZE = 11


def _evidence(opening: Opening | None = _OPENING) -> Evidence:
    log = [*entries(_INDEX), _RECORD.encode(), *entries(_SIZE - _INDEX - 1)]
    hashes = leaf_hashes(log)
    checkpoint = Checkpoint(_LOG.name, _SIZE, Frontier().appended(hashes).root())
    note = cosign(sign(checkpoint.text, _LOG), _WITNESS, 1_700_000_001)
    proof = inclusion_proof(_INDEX, _SIZE, stored(hashes))
    return Evidence(_INDEX, _RECORD.encode(), opening, proof, note)


def test_evidence_proves_what_the_event_said_with_nothing_but_the_keys() -> None:
    proven = verify_evidence(Evidence.decode(_evidence().encode()), _LOG.verifier(), [_WITNESS.verifier()])
    assert (proven.index, proven.record, proven.body) == (_INDEX, _RECORD, _BODY)
    assert proven.checkpoint.checkpoint.size == _SIZE
    assert [one.time for one in proven.checkpoint.cosignatures] == [1_700_000_001]


def test_evidence_still_proves_the_record_once_salt_and_body_are_deleted() -> None:
    proven = verify_evidence(Evidence.decode(_evidence(None).encode()), _LOG.verifier())
    assert (proven.record, proven.body) == (_RECORD, None)


@pytest.mark.parametrize("opening", [None, _OPENING])
def test_evidence_is_read_back_as_it_was(opening: Opening | None) -> None:
    evidence = _evidence(opening)
    assert Evidence.decode(evidence.encode()) == evidence


def test_a_flipped_bit_of_evidence_is_refused_or_loses_a_witness_and_changes_nothing_else() -> None:
    data = _evidence().encode()
    keys = (_LOG.verifier(), [_WITNESS.verifier()])
    untouched = verify_evidence(Evidence.decode(data), *keys)
    without_witness = replace(untouched, checkpoint=replace(untouched.checkpoint, cosignatures=()))
    accepted: set[int] = set()
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            proven = verify_evidence(Evidence.decode(bytes(changed)), *keys)
        except TlogError:
            continue
        # The name or key id of the cosignature: it is that of an unknown witness now.
        assert proven == without_witness
        accepted.add(bit // 8)
    assert accepted
    assert min(accepted) > data.rindex("— ".encode())


def test_evidence_of_another_log_is_refused() -> None:
    with pytest.raises(VerificationError, match="none of the known keys"):
        verify_evidence(_evidence(), SignerKey(_LOG.name, KeyType.ED25519, bytes(32)).verifier())
    with pytest.raises(VerificationError, match="not of another"):
        verify_evidence(_evidence(), _LOG.verifier(), origin="another")


def test_evidence_for_another_record_body_or_salt_is_refused() -> None:
    evidence = _evidence()
    forged = replace(_RECORD, producer="portal").encode()
    with pytest.raises(VerificationError, match="leads to another root"):
        verify_evidence(replace(evidence, record=forged), _LOG.verifier())
    body = replace(_BODY, value=b"other").encode()
    with pytest.raises(VerificationError, match="do not fit the commitment"):
        verify_evidence(replace(evidence, opening=Opening(_OPENING.salt, body)), _LOG.verifier())
    with pytest.raises(VerificationError, match="do not fit the commitment"):
        verify_evidence(replace(evidence, opening=Opening(Salt(bytes(32)), _OPENING.body)), _LOG.verifier())


def test_evidence_at_another_index_is_refused() -> None:
    for index in [*range(_SIZE + 2), 1 << 60]:
        if index != _INDEX:
            with pytest.raises(VerificationError):
                verify_evidence(replace(_evidence(), index=index), _LOG.verifier())


def test_neither_salt_nor_body_is_shown_by_repr() -> None:
    assert "ssss" not in repr(_evidence())
    assert "queries/1" not in repr(_evidence())


_NOTE = sign(Checkpoint("o", 1, leaf_hashes([b""])[0]).text, _LOG)


def test_a_proof_file_has_the_lines_of_the_specification() -> None:
    [one] = leaf_hashes([b""])
    assert ProofFile(73894, b"abc", (one,), _NOTE).encode() == (
        b"c2sp.org/tlog-proof@v1\n"
        b"extra YWJj\n"
        b"index 73894\n"
        b"bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n"
        b"\n" + _NOTE.encode()
    )
    assert ProofFile(0, None, (), _NOTE).encode() == (b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + _NOTE.encode())


_HASH = "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0="


@pytest.mark.parametrize(
    "head",
    [
        "",
        "c2sp.org/tlog-proof@v2\nindex 0",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v1\nextra YWJj",
        "c2sp.org/tlog-proof@v1\nextra \nindex 0",
        "c2sp.org/tlog-proof@v1\nextra YWJ\nindex 0",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra YWJj",
        "c2sp.org/tlog-proof@v1\nextra YWJj\nextra YWJj\nindex 0",
        "c2sp.org/tlog-proof@v1\nindex 00",
        "c2sp.org/tlog-proof@v1\nindex -1",
        "c2sp.org/tlog-proof@v1\nindex 0 ",
        "c2sp.org/tlog-proof@v1\nindex 0\nYWJj",
        "c2sp.org/tlog-proof@v1\nindex 0\né",
        f"c2sp.org/tlog-proof@v1\r\nindex 0\n{_HASH}",
        "c2sp.org/tlog-proof@v1\nindex 0" + f"\n{_HASH}" * (MAX_HASHES + 1),
    ],
)
def test_a_malformed_proof_file_is_refused(head: str) -> None:
    with pytest.raises(FormatError):
        ProofFile.decode(f"{head}\n\n".encode() + _NOTE.encode())


def test_a_proof_file_without_checkpoint_is_refused() -> None:
    with pytest.raises(FormatError, match="empty line"):
        ProofFile.decode(b"c2sp.org/tlog-proof@v1\nindex 0\n")


@pytest.mark.parametrize("extra", [None, b"\2", b"\1\0", b"\1\0\0", b"\1\0\0\2", b"\1\0\0\0\0", b"\1\0\0\1ssss"])
def test_a_proof_file_without_oncordias_extra_data_is_refused(extra: bytes | None) -> None:
    with pytest.raises(FormatError, match="extra data"):
        Evidence.decode(ProofFile(0, extra, (), _NOTE).encode())


def test_the_record_is_read_only_from_a_proven_leaf() -> None:
    hashes = leaf_hashes([b"no record"])
    note = sign(Checkpoint(_LOG.name, 1, hashes[0]).text, _LOG)
    with pytest.raises(FormatError, match="leaf record"):
        verify_evidence(Evidence(0, b"no record", None, (), note), _LOG.verifier())


def test_a_note_parsed_from_bytes_is_the_same_evidence() -> None:
    evidence = _evidence()
    assert replace(evidence, checkpoint=Note.parse(evidence.checkpoint.encode())) == evidence
