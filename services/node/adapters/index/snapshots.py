"""Snapshots on disk: a folder for each epoch, and a file `current` that names the one in use."""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cohort.variables import DataModel
from kit.durable import replace_file, sync_file, sync_folder
from node.adapters.index.duckdb_index import DuckDbIndex, Withdrawals, changed_subjects
from node.adapters.index.snapshot_file import read_snapshot_file, write_snapshot_file
from node.domain.epoch import Epoch, EpochId
from node.domain.errors import SnapshotError
from node.domain.snapshot import Lint

_INDEX = "index.duckdb"
_ABOUT = "snapshot.json"
_BUILDING = "building"


class SnapshotFolder:
    """The snapshots below a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def current_id(self) -> EpochId | None:
        try:
            return EpochId((self._folder / "current").read_text(encoding="ascii").strip())
        except FileNotFoundError:
            return None

    def current(self) -> tuple[Epoch, Lint] | None:
        """The epoch in use and how well it is mapped. Raises SnapshotError."""
        epoch = self.current_id()
        return None if epoch is None else read_snapshot_file(self._folder / epoch / _ABOUT)

    def index_file(self, epoch: EpochId) -> Path:
        return self._folder / epoch / _INDEX

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """A path for a new index, removed at the end unless it was published; one at a time.

        Raises SnapshotError when another is being built, or when the disk is full or not writable.
        """
        building = self._folder / _BUILDING
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with open(self._folder / "lock", "w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise SnapshotError("another ingest or lint is running; wait until it has ended") from None
                shutil.rmtree(building, ignore_errors=True)
                building.mkdir()
                try:
                    yield building / _INDEX
                finally:
                    shutil.rmtree(building, ignore_errors=True)
        except OSError as error:
            raise SnapshotError(
                f"the snapshot can't be written below {self._folder}: {error.strerror}; free space or mend the"
                " rights, then ingest again. The old snapshot stays in use"
            ) from error

    def changed_subjects(self, built: Path) -> int:
        """How many subjects differ between the epoch in use and an index that was built."""
        current = self.current_id()
        return 0 if current is None else changed_subjects(self.index_file(current), built)

    def new_id(self, now: datetime) -> EpochId:
        return EpochId(f"{now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}")

    def publish(self, built: Path, epoch: Epoch, lint: Lint) -> None:
        """Make an index that was built in the workspace the one in use. Raises OSError."""
        previous = self.current_id()
        shutil.rmtree(built.with_name("temporary"), ignore_errors=True)
        sync_file(built)
        write_snapshot_file(built.with_name(_ABOUT), epoch, lint)
        os.replace(built.parent, self._folder / epoch.id)
        sync_folder(self._folder)
        replace_file(self._folder / "current", epoch.id.encode() + b"\n")
        self._remove_all_but(epoch.id, previous)

    def _remove_all_but(self, *kept: EpochId | None) -> None:
        for folder in self._folder.iterdir():
            if folder.is_dir() and folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)


class CurrentIndex:
    """Keeps the index in use open, and changes over when a new epoch opens."""

    def __init__(
        self,
        snapshots: SnapshotFolder,
        model: DataModel,
        withdrawals: Withdrawals,
        memory_mb: int,
        threads: int,
    ) -> None:
        self._snapshots = snapshots
        self._model = model
        self._withdrawals = withdrawals
        self._memory_mb = memory_mb
        self._threads = threads
        self._lock = threading.Lock()
        self._open: DuckDbIndex | None = None

    def at_hand(self) -> bool:
        """Whether `current` has nothing to open now."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            return self._snapshots.current_id() == (None if self._open is None else self._open.epoch.id)
        finally:
            self._lock.release()

    def current(self) -> DuckDbIndex | None:
        """None until something was ingested. Raises SnapshotError."""
        with self._lock:
            epoch_id = self._snapshots.current_id()
            if epoch_id is None:
                return None
            if self._open is None or self._open.epoch.id != epoch_id:
                found = self._snapshots.current()
                if found is None:
                    return None
                # The old one is closed when its last count has let go of it.
                self._open = DuckDbIndex(
                    self._snapshots.index_file(found[0].id),
                    found[0],
                    self._model,
                    self._withdrawals,
                    self._memory_mb,
                    self._threads,
                )
            return self._open
