"""Evidence and the witnesses that somebody trusts, without a hub."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.__main__ import app
from tests.unit.cli.support import KEY, WITNESS, says
from tests.unit.cli.test_check import evidence
from tlog.keys import KeyType, SignerKey

OTHER = SignerKey("example.invalid/other", KeyType.COSIGNATURE, bytes(range(2, 34)))
NAMED = f"witness w {WITNESS.verifier()}\nwitness o {OTHER.verifier()}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Evidence that WITNESS has cosigned."""
    path = tmp_path / "evidence.tlog-proof"
    path.write_bytes(evidence(opened=True).encode())
    return path


def check(file: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["audit", "check", str(file), "--log-key", str(KEY.verifier()), *options])


def with_policy(file: Path, text: str) -> Result:
    policy = file.with_name("policy")
    policy.write_text(text)
    return check(file, "--policy", str(policy))


def test_a_policy_that_is_met_names_who_has_seen_it_and_when(file: Path) -> None:
    result = with_policy(file, f"{NAMED}log {KEY.verifier()}\ngroup g any w o\nquorum g\n")
    assert result.exit_code == 0, result.output
    assert "seen by the witness example.invalid/witness at 2025-11-25 07:00:00 UTC" in says(result)


def test_a_policy_that_is_not_met_is_an_error_that_names_who_has_cosigned(file: Path) -> None:
    result = with_policy(file, f"{NAMED}group g all w o\nquorum g\n")
    assert result.exit_code == 1
    assert "the witness policy is not met: cosigned, of those that it names, by example.invalid/witness" in says(result)


def test_a_witness_that_must_have_cosigned_and_did_not_is_an_error(file: Path) -> None:
    result = check(file, "--witness", str(WITNESS.verifier()), "--witness", str(OTHER.verifier()))
    assert result.exit_code == 1
    assert "not cosigned by example.invalid/other" in says(result)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("quorum x\n", "line 1: no line before defines a witness or group x"),
        (f"log {SignerKey('else', KeyType.ED25519, bytes(32)).verifier()}\nquorum none\n", "is about other logs"),
    ],
)
def test_a_policy_that_is_of_no_use_here_is_refused(file: Path, text: str, words: str) -> None:
    result = with_policy(file, text)
    assert result.exit_code == 1
    assert words in says(result)


def test_a_log_s_key_is_no_witness(file: Path) -> None:
    result = check(file, "--witness", str(KEY.verifier()))
    assert result.exit_code == 1
    assert "is no witness's key" in says(result)
