"""kill -9 between charge and release: what was charged stays charged, and the answer is the one that was drawn."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.node.provider import Provider
from tests.integration.node.test_answers import charged

ROOT = Path(__file__).parents[3]

# Dies at a chosen file operation of the ledger: before the commit, between commit and mark, or after the mark.
_CHILD = """
import os, signal, sys
from pathlib import Path
from node.adapters.files import sqlite_ledger
from tests.integration.node.provider import FakeClock, Provider
from node.bootstrap import build
from node.settings import NodeSettings

folder, point = Path(sys.argv[1]), sys.argv[2]
die = lambda: os.kill(os.getpid(), signal.SIGKILL)
write_mark = sqlite_ledger.replace_file
charge = sqlite_ledger._Book.charge

def dying_mark(path, content):
    if point == "between commit and mark":
        die()
    write_mark(path, content)
    if point == "after the mark":
        die()

def dying_charge(self, *arguments):
    charge(self, *arguments)
    if point == "before the commit":
        die()

sqlite_ledger.replace_file = dying_mark
sqlite_ledger._Book.charge = dying_charge
clock = FakeClock()
Provider(folder, clock, build(NodeSettings(data_dir=folder), clock)).ask("sex = F")
"""


@pytest.mark.parametrize(
    ("point", "was_charged"),
    [("before the commit", False), ("between commit and mark", True), ("after the mark", True)],
)
def test_the_ledger_survives_a_kill_between_charge_and_release(
    provider: Provider, point: str, was_charged: bool
) -> None:
    child = subprocess.run([sys.executable, "-c", _CHILD, str(provider.folder), point], cwd=ROOT, check=False)
    assert child.returncode == -signal.SIGKILL
    provider.restart()
    assert provider.node.ledger.distrusted() is None
    assert charged(provider) == (1_500_000 if was_charged else 0)
    assert provider.answered("sex = F").stored is was_charged
    assert charged(provider) == 1_500_000
