"""The files of the node's logs, as c2sp.org/tlog-tiles lays them out, so that anybody's tools verify them.

{log}.key         the key that signs its checkpoints, secret
{log}.pub         its verifier key
{log}/checkpoint, {log}/tile/...
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from kit.durable import replace_file
from kit.identity import keys
from node.adapters.files.full_disk import naming_full_disk
from node.domain.node_log import LogId
from tlog.keys import KeyType, SignerKey
from tlog.tiles import TILE_WIDTH, Bundle, Tile

_CHECKPOINT = "checkpoint"
_ORIGIN = "oncordia.invalid"


class LogFolder:
    """The port LogFiles. Raises OSError, DiskFullError, and FormatError for a key that was damaged."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, log: LogId) -> LogDirectory:
        return LogDirectory(self._folder / log)

    def verifier_key_file(self, log: LogId) -> Path:
        return self._folder / f"{log}.pub"

    def make_key(self, log: LogId, producer: str) -> SignerKey:
        key = SignerKey(f"{_ORIGIN}/{producer}", KeyType.ED25519, keys.random_key())
        with naming_full_disk(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            keys.write_new(self._folder, f"{log}.key", f"{key.to_text()}\n".encode())
            replace_file(self.verifier_key_file(log), f"{key.verifier()}\n".encode())
        return key

    def key(self, log: LogId) -> SignerKey | None:
        try:
            return SignerKey.parse((self._folder / f"{log}.key").read_text(encoding="utf-8").strip())
        except FileNotFoundError:
            return None


class LogDirectory:
    """One log's tiles, bundles and checkpoint. A file appears whole or not at all, and is on the disk."""

    def __init__(self, directory: Path) -> None:
        self.path = directory

    def read_tile(self, tile: Tile) -> bytes:
        return self._read(tile)

    def read_bundle(self, bundle: Bundle) -> bytes:
        return self._read(bundle)

    def write(self, files: Mapping[Tile | Bundle, bytes]) -> None:
        with naming_full_disk(self.path):
            for place, content in files.items():
                replace_file(self.path / place.path, content)

    def read_checkpoint(self) -> bytes | None:
        try:
            return (self.path / _CHECKPOINT).read_bytes()
        except FileNotFoundError:
            return None

    def write_checkpoint(self, note: bytes) -> None:
        with naming_full_disk(self.path):
            replace_file(self.path / _CHECKPOINT, note)

    def drop_partials(self, files: Mapping[Tile | Bundle, bytes]) -> None:
        """Partial files of the places that are full now."""
        for place in files:
            if place.width == TILE_WIDTH:
                shutil.rmtree(self.path / f"{place.path}.p", ignore_errors=True)

    def _read(self, place: Tile | Bundle) -> bytes:
        for path in (self.path / place.path, self.path / place.full.path):
            if path.exists():
                return path.read_bytes()
        raise FileNotFoundError(f"{place.path} of the node's log is missing in {self.path}")
