"""Tiles, bundles and the checkpoint as files of a directory, laid out as c2sp.org/tlog-tiles serves them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from audit_log.application.faults import Fault, FaultPoint
from audit_log.application.ports import FilesUnwritable
from audit_log.domain.published import CheckpointFile
from kit.durable import sync_folder
from kit.errors import FailedPrecondition
from tlog.tiles import Bundle, Tile

# Waiting for the disk is most of the work, and disks take several files at a time.
_WRITERS = 8


class DirectoryLogFiles:
    """A file appears with all of its bytes or not at all, and is on the disk when the call that wrote it returns."""

    def __init__(self, directory: Path, fault: Fault) -> None:
        self.directory = directory
        self._fault = fault
        self._pool = ThreadPoolExecutor(_WRITERS, thread_name_prefix="log-files")
        directory.mkdir(parents=True, exist_ok=True)

    def read_tile(self, tile: Tile) -> bytes:
        return self._read(tile)

    def read_bundle(self, bundle: Bundle) -> bytes:
        return self._read(bundle)

    def write(self, files: Mapping[Tile | Bundle, bytes]) -> None:
        paths = {self.directory / place.path: data for place, data in files.items()}
        folders = {path.parent for path in paths}
        with self._writing():
            made = [folder for parent in folders for folder in self._make(parent)]
            for number, _ in enumerate(self._pool.map(self._write_tile, paths, paths.values())):
                if number == len(paths) // 2:
                    self._fault(FaultPoint.TILES_HALF_WRITTEN)
            list(self._pool.map(sync_folder, folders.union(folder.parent for folder in made)))

    def drop_partials(self, full: Sequence[Tile | Bundle]) -> None:
        for place in full:
            folder = self.directory / f"{place.path}.p"
            if folder.exists():
                shutil.rmtree(folder, ignore_errors=True)

    def read_checkpoint(self, file: CheckpointFile) -> bytes | None:
        try:
            return (self.directory / file).read_bytes()
        except FileNotFoundError:
            return None

    def write_checkpoint(self, file: CheckpointFile, note: bytes) -> None:
        with self._writing():
            self._write(self.directory / file, note, FaultPoint.CHECKPOINT_HALF_WRITTEN)
            sync_folder(self.directory)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise FilesUnwritable(f"{self.directory}: {error.strerror}") from error

    def _read(self, place: Tile | Bundle) -> bytes:
        for path in dict.fromkeys((place.path, place.full.path)):
            try:
                return (self.directory / path).read_bytes()
            except FileNotFoundError:
                continue
        raise FailedPrecondition(
            "TILE_MISSING", f"{place.path} of the log is missing in {self.directory}; restore it from a backup"
        )

    def _make(self, folder: Path) -> list[Path]:
        """Makes a folder and those above it, and returns which are new."""
        made = []
        at = folder
        while not at.exists():
            made.append(at)
            at = at.parent
        folder.mkdir(parents=True, exist_ok=True)
        return made

    def _write_tile(self, path: Path, data: bytes) -> None:
        self._write(path, data, FaultPoint.TILE_HALF_WRITTEN)

    def _write(self, path: Path, data: bytes, half_way: FaultPoint) -> None:
        unfinished = path.with_name(f".{path.name}.unfinished")
        with unfinished.open("wb") as file:
            file.write(data[: len(data) // 2])
            self._fault(half_way)
            file.write(data[len(data) // 2 :])
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
