"""The whole stack on disks that are full: real ones, small, in memory, in a namespace of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fault import on_small_disks, small_disks
from tests.fault.whole_stack import PROVIDERS

MEGABYTES = {
    "kafka": 256,
    "postgres": 256,
    "data/audit_log": 32,
    f"nodes/{PROVIDERS[0].code}": 64,
}


def test_a_full_disk_is_named_loses_nothing_and_stops_nobody_else(tmp_path: Path) -> None:
    for folder in MEGABYTES:
        (tmp_path / folder).mkdir(parents=True)
    disks = [f"{tmp_path / folder}={size}" for folder, size in MEGABYTES.items()]
    inside = str(on_small_disks.__file__)
    child = subprocess.run(
        [sys.executable, str(small_disks.__file__), *disks, "--", sys.executable, "-m", "pytest", "--tb=short", inside],
        env={**os.environ, "ONCORDIA_SMALL_DISKS": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    if child.returncode == small_disks.NOT_ALLOWED and not os.environ.get("CI"):
        pytest.skip(f"full disks can't be tried: {child.stderr.strip()}")
    assert child.returncode == 0, child.stdout[-6000:] + child.stderr[-2000:]
    assert "4 passed" in child.stdout
