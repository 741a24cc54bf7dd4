"""A deployment's keys, and who is given which."""

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cli.__main__ import app
from kit.errors import FailedPrecondition
from kit.identity.deployment_keys import init_keys
from kit.identity.handles import Handles


def secrets(directory: Path) -> dict[str, dict[str, bytes]]:
    ran = CliRunner().invoke(app, ["admin", "keys", "init", str(directory), "--manifest", "lab"])
    assert ran.exit_code == 0, ran.output
    found: list[dict[str, Any]] = list(yaml.safe_load_all(ran.stdout))
    return {
        secret["metadata"]["name"]: {name: base64.b64decode(value) for name, value in secret["data"].items()}
        for secret in found
    }


def test_secrets_hold_every_key_once_by_who_needs_it(tmp_path: Path) -> None:
    made = secrets(tmp_path)
    year = datetime.now(UTC).year
    assert {name: set(keys) for name, keys in made.items()} == {
        "lab-handles": {"subject.key", "vault.pub", f"actor-{year}.key", f"actor-{year + 1}.key"},
        "lab-ca": {"ca.key", "ca.crt"},
        "lab-log": {"log.key", "log.pub", "vault.key"},
    }
    assert {name: key for keys in made.values() for name, key in keys.items()} == {
        path.name: path.read_bytes() for path in tmp_path.iterdir()
    }


def test_a_second_run_changes_no_key(tmp_path: Path) -> None:
    assert secrets(tmp_path) == secrets(tmp_path)


def test_a_year_without_its_actor_key_stops_the_start_by_name(tmp_path: Path) -> None:
    init_keys(tmp_path, 2026)
    handles = Handles(tmp_path)
    handles.need(datetime(2027, 12, 31, tzinfo=UTC))
    with pytest.raises(FailedPrecondition, match=r"actor-2028\.key"):
        handles.need(datetime(2028, 1, 1, tzinfo=UTC))
