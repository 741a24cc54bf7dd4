"""How fast the tree and its tiles grow by themselves: 256 entries a checkpoint, every file synced to the disk."""

import os
import tempfile
import time
from pathlib import Path

from audit_log.adapters.log_files import DirectoryLogFiles
from audit_log.domain.published import CheckpointFile
from tests.bench import peers
from tests.bench.figure import Figure, Row
from tlog.checkpoint import Checkpoint
from tlog.growth import grown_files
from tlog.hashing import leaf_hashes
from tlog.keys import KeyType, SignerKey
from tlog.signing import sign
from tlog.tiles import TILE_WIDTH
from tlog.tree import Frontier

ENTRIES = 400 * TILE_WIDTH
TO_REACH = 49_200
"""1.5 times the 32,800/s that were measured of aics-tlog on 2 cores; it can't be had any more, to run beside ours."""


def measure() -> Figure:
    """One run of each."""
    ours = ENTRIES / _seconds()
    theirs = peers.library(ENTRIES, TILE_WIDTH)
    return Figure(
        "audit_tree",
        f"The tree and tiles alone, {ENTRIES:,} entries, {TILE_WIDTH} a checkpoint",
        "One process: leaves hashed, bundle, tiles and signed checkpoint written and synced for each 256 entries. "
        "Tessera integrates at most 256 together, and signs ten times a second at most.",
        (
            Row("entries a second", ours, "1/s", at_least=TO_REACH),
            Row(f"Tessera {peers.VERSION}, POSIX driver in one process", theirs, "1/s"),
            Row("ours to Tessera's", ours / theirs, "times"),
        ),
    )


def _seconds() -> float:
    key = SignerKey("oncordia.invalid/bench", KeyType.ED25519, os.urandom(32))
    frontier = Frontier()
    with tempfile.TemporaryDirectory() as directory:
        files = DirectoryLogFiles(Path(directory), lambda _point: None)
        drawn = [[os.urandom(peers.LEAF_BYTES) for _ in range(TILE_WIDTH)] for _ in range(ENTRIES // TILE_WIDTH)]
        began = time.perf_counter()
        for leaves in drawn:
            hashes = leaf_hashes(leaves)
            files.write(grown_files(frontier.size, leaves, hashes, files))
            frontier = frontier.appended(hashes)
            note = sign(Checkpoint(key.name, frontier.size, frontier.root()).text, key)
            files.write_checkpoint(CheckpointFile.SERVED, note.encode())
        return time.perf_counter() - began
