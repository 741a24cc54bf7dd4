"""`oncordia audit check` on evidence files, without a hub."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from cli.__main__ import app
from kit.events.envelope import headers
from oncordia.events.v1 import query_pb2
from tests.unit.cli.support import KEY, WITNESS
from tlog.body import EventBody, Header
from tlog.checkpoint import Checkpoint
from tlog.cosignature import cosign
from tlog.evidence import Evidence, Opening
from tlog.hashing import leaf_hash
from tlog.keys import KeyType, SignerKey
from tlog.record import LeafRecord, Salt, commit
from tlog.signing import sign
from tlog.tree import Frontier

ID = UUID("00000000-0000-4000-8000-00000000002a")
WHEN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def evidence(*, opened: bool) -> Evidence:
    """Of a cohort query that was asked, in a log of this one entry."""
    payload = query_pb2.CohortQueryCreated(query="cohortQueries/q", canonical_filter='sex = "F"')
    told = headers(
        event_id=ID,
        type_=payload.DESCRIPTOR.full_name,
        producer="query_broker",
        key="cohortQueries/q",
        time=WHEN,
        traceparent="",
        acting={"organisation": "demo-ghent", "country": "BE", "actor": "a" * 64},
    )
    kept = tuple(Header(name, value.encode()) for name, value in told)
    body = EventBody("oncordia.query.events.v1", b"cohortQueries/q", kept, payload.SerializeToString()).encode()
    salt = Salt(bytes(32))
    record = LeafRecord(ID, "query_broker", 7, round(WHEN.timestamp() * 1e6), commit(salt, body)).encode()
    note = sign(Checkpoint(KEY.name, 1, Frontier().appended([leaf_hash(record)]).root()).text, KEY)
    return Evidence(0, record, Opening(salt, body) if opened else None, (), cosign(note, WITNESS, 1_764_054_000))


def check(path: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["audit", "check", str(path), "--log-key", str(KEY.verifier()), *options])


def test_evidence_is_verified_and_tells_the_event_in_words(tmp_path: Path) -> None:
    file = tmp_path / "evidence.tlog-proof"
    file.write_bytes(evidence(opened=True).encode())
    result = check(file, "--witness", str(WITNESS.verifier()))
    assert result.exit_code == 0, result.output
    assert "PROVED: entry 0 is in the log of 1 entries" in result.output
    assert "seen by the witness example.invalid/witness" in result.output
    (told,) = json.loads(check(file, "--json").stdout)
    assert told["type"] == "oncordia.events.v1.CohortQueryCreated"
    assert (told["producer"], told["producer_number"], told["time"]) == ("query_broker", "7", WHEN.isoformat())
    assert (told["organisation"], told["country"], told["resource"]) == ("demo-ghent", "BE", "cohortQueries/q")
    assert json.loads(told["payload"])["canonical_filter"] == 'sex = "F"'


def test_evidence_without_content_tells_its_record_alone(tmp_path: Path) -> None:
    file = tmp_path / "evidence.tlog-proof"
    file.write_bytes(evidence(opened=False).encode())
    assert "its content was not given, only its record" in check(file).output
    (told,) = json.loads(check(file, "--json").stdout)
    assert set(told) == {"entry", "event_id", "producer", "producer_number", "time"}


@pytest.mark.parametrize("damage", ["", "c2sp.org/tlog-proof@v1\n", "not evidence"])
def test_what_is_no_evidence_is_refused_by_its_file(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "evidence.tlog-proof"
    file.write_text(damage)
    result = check(file)
    assert result.exit_code == 1
    assert "is no evidence, or damaged" in " ".join(result.output.split())


def test_evidence_of_another_log_proves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "evidence.tlog-proof"
    file.write_bytes(evidence(opened=True).encode())
    other = SignerKey(KEY.name, KeyType.ED25519, bytes(32)).verifier()
    result = CliRunner().invoke(app, ["audit", "check", str(file), "--log-key", str(other)])
    assert result.exit_code == 1
    assert "proves NOTHING" in result.output
