"""`oncordia audit prove` where a hub has witnesses, and what it wrote checked years later."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from kit.identity.log_key import read_log_key
from tests.integration.audit_log.proofs import published_size
from tests.integration.audit_log.world import AuditLog
from tests.integration.witness.test_collecting import grow, use
from tests.integration.witness.world import Witness
from tests.world import LocalIssuer, wait_until
from tlog.evidence import Evidence, verify_evidence


@pytest.fixture
def profile(log: AuditLog, issuer: LocalIssuer, tmp_path: Path) -> Path:
    """An auditor's, who is signed in."""
    (tmp_path / "token").write_text(issuer.token("auditor-1"))
    path = tmp_path / "endpoints.json"
    path.write_text(json.dumps({"audit_log": log.address}))
    return path


@dataclass(frozen=True)
class Ended:
    """A command's exit code, and what it said, without its line breaks."""

    code: int
    said: str


def audit(log: AuditLog, profile: Path | None, *words: str) -> Ended:
    environment = {**os.environ, "ONCORDIA_PROFILE": str(profile or "none")}
    key = str(read_log_key(log.keys).verifier())
    ended = subprocess.run(
        [sys.executable, "-m", "cli", "audit", *words, "--log-key", key],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(ended.returncode, " ".join((ended.stdout + ended.stderr).split()))


async def test_evidence_carries_the_cosignatures_and_verifies_offline(
    log: AuditLog, witnesses: list[Witness], profile: Path, tmp_path: Path
) -> None:
    use(log, witnesses, "all")
    policy, out = log.settings["ONCORDIA_WITNESS_POLICY"], tmp_path / "evidence.tlog-proof"
    log.start()
    await grow(log)
    proved = audit(log, profile, "prove", "7", "--policy", policy, "--out", str(out))
    assert proved.code == 0, proved.said
    assert "seen by the witness anna.example at 2" in proved.said
    assert "seen by the witness bert.example at 2" in proved.said
    without = audit(log, profile, "prove", "7")
    assert "cosigned also by anna.example, bert.example, not checked" in without.said
    log.stop()
    proven = verify_evidence(
        Evidence.decode(out.read_bytes()), read_log_key(log.keys).verifier(), [one.key for one in witnesses]
    )
    assert {one.key for one in proven.checkpoint.cosignatures} == {one.key for one in witnesses}
    checked = audit(log, None, "check", str(out), "--witness", str(witnesses[0].key), "--policy", policy)
    assert checked.code == 0, checked.said
    assert "seen by the witness anna.example at 2" in checked.said


async def test_what_the_witnesses_have_not_seen_yet_is_proved_by_the_log_alone_and_that_is_said(
    log: AuditLog, witnesses: list[Witness], profile: Path
) -> None:
    use(log, witnesses, "all")
    log.start()
    before = await grow(log)
    wait_until(lambda: published_size(log) >= before)
    witnesses[1].kill()
    last = str(await grow(log) - 1)
    proved = audit(log, profile, "prove", last)
    assert proved.code == 0, proved.said
    assert "have not cosigned this entry yet" in proved.said
    assert f"PROVED: entry {last}" in proved.said
    refused = audit(log, profile, "prove", last, "--witness", str(witnesses[0].key))
    assert refused.code == 1
    assert "have not cosigned this entry yet" in refused.said


async def test_a_hub_without_witnesses_says_so_to_who_asks_for_them(
    log: AuditLog, witnesses: list[Witness], profile: Path
) -> None:
    log.start()
    await grow(log)
    assert audit(log, profile, "prove", "7").code == 0
    refused = audit(log, profile, "prove", "7", "--witness", str(witnesses[0].key))
    assert refused.code == 1
    assert "collects no cosignatures" in refused.said
