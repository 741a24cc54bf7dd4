"""docs/auditors-guide.md does what it says: its commands are run as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.people import Person, until_told

GUIDE = Path(__file__).parents[2] / "docs" / "auditors-guide.md"
# What a reader puts into a variable: `NAME=…`
PLACEHOLDER = re.compile(r"([A-Z_]+)=\S*…")


def commands() -> Iterator[str]:
    """Every line of the guide's shell blocks but the placeholders."""
    for block in re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL):
        yield from (line for line in block.splitlines() if not PLACEHOLDER.fullmatch(line))


def test_a_person_who_follows_the_guide_ends_with_a_proof_in_hand(profile: Path, tmp_path: Path) -> None:
    leuven = profile.parent / "nodes" / "demo-leuven"
    assert leuven.is_dir(), sorted(profile.parent.glob("nodes/*"))
    researcher, auditor = Person(profile, "researcher"), Person(profile, "auditor")
    query = researcher.json("query", "run", 'modality = "MR"', "--purpose", "a study")
    told = until_told(auditor, query["name"], "The node of providers/", 8)
    asked = auditor.json("audit", "search", "--resource", query["name"])["entries"]
    variables = {
        "QUERY": query["name"],
        "HANDLE": next(e["actor"] for e in asked if e["type"].endswith("CohortQueryCreated")),
        "ENTRY": str(told["entries"][-1]),
        "NODE_LOG": str(next(path for path in (leuven / "log").iterdir() if path.is_dir())),
    }
    named = set(PLACEHOLDER.findall(GUIDE.read_text()))
    assert named == set(variables)
    lines = list(commands())
    assert len(lines) >= 10
    script = "\n".join(
        [
            "set -euo pipefail",
            f'oncordia() {{ "{sys.executable}" -m cli "$@"; }}',
            *(f"{name}={value}" for name, value in variables.items()),
            *lines,
        ]
    )
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**auditor.environment, "XDG_STATE_HOME": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "evidence.tlog-proof").stat().st_size > 0
    for promised in ("PROVED", "NOT PROVED", "The node of providers/demo-leuven", "in the hub's log too"):
        assert promised in done.stdout
    assert "WRONG" not in done.stdout
