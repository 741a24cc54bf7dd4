"""How fast a whole log is verified from its files, and in how much memory.

The verification runs in a process of its own, `python -m tests.bench.audit_verify DIRECTORY`.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

from audit_log.adapters.log_files import DirectoryLogFiles
from cli.audit.log_source import log_source
from tests.bench.figure import Figure, Row
from tests.bench.memory import peak_rss_mb
from tlog.growth import grown_files
from tlog.hashing import leaf_hashes
from tlog.record import Commitment, LeafRecord
from tlog.tiles import TILE_WIDTH
from tlog.walk import Walk

SMALL, LARGE = 200_192, 2_000_128
"""Multiples of 256."""

_PRODUCERS = ("query_broker", "federation", "catalogue", "access")


def measure() -> Figure:
    """Two logs, to see whether memory grows."""
    (_, small), (per_second, large) = _verified(SMALL), _verified(LARGE)
    return Figure(
        "audit_verify",
        f"Full verification of a log of {LARGE:,} entries from its directory",
        "One process, one core: every leaf and tile hashed, every producer's numbers looked at for gaps and repeats.",
        (
            Row("entries a second, gaps of producers included", per_second, "1/s", at_least=200_000),
            Row("most memory", large, "MB"),
            Row(f"more than for {SMALL:,} entries", large - small, "MB", at_most=10),
        ),
    )


def _verified(entries: int) -> tuple[float, float]:
    """Entries a second, and MB at most."""
    with tempfile.TemporaryDirectory() as directory:
        _write(Path(directory), entries)
        command = [sys.executable, "-m", "tests.bench.audit_verify", directory, str(entries)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return entries / found["seconds"], found["peak_mb"]


def _write(directory: Path, entries: int) -> None:
    chance = random.Random(1)
    files = DirectoryLogFiles(directory, lambda _point: None)
    step = 200 * TILE_WIDTH
    for size in range(0, entries, step):
        leaves = [_leaf(number, chance) for number in range(size, min(size + step, entries))]
        files.write(grown_files(size, leaves, leaf_hashes(leaves), files))


def _leaf(number: int, chance: random.Random) -> bytes:
    producer = _PRODUCERS[number % len(_PRODUCERS)]
    event = UUID(bytes=chance.randbytes(16), version=4)
    time_us = 1_770_000_000_000_000 + number
    record = LeafRecord(event, producer, number // len(_PRODUCERS) + 1, time_us, Commitment(chance.randbytes(32)))
    return record.encode()


def _verify(directory: str, entries: int) -> None:
    walk = Walk(log_source(directory), entries)
    began = time.perf_counter()
    for _ in walk:
        pass
    seconds = time.perf_counter() - began
    assert not any(numbers.gaps() for numbers in walk.walked.numbers.values())
    print(json.dumps({"seconds": seconds, "peak_mb": peak_rss_mb(os.getpid())}))


if __name__ == "__main__":
    _verify(sys.argv[1], int(sys.argv[2]))
