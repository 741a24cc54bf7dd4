"""Take in the provider's data: build a snapshot, and open it as the new epoch when the rules allow."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from kit.clock import Clock
from node.application.ports import Acts
from node.domain.epoch import Epoch, EpochId, Opens, Waits, may_open
from node.domain.mapping import DataMapping
from node.domain.policy import ProviderPolicy
from node.domain.snapshot import Lint


class Builder(Protocol):
    def build(self, mapping: DataMapping, folder: Path, target: Path) -> Lint: ...


class Snapshots(Protocol):
    def current(self) -> tuple[Epoch, Lint] | None: ...

    def workspace(self) -> AbstractContextManager[Path]: ...

    def changed_subjects(self, built: Path) -> int: ...

    def new_id(self, now: datetime) -> EpochId: ...

    def publish(self, built: Path, epoch: Epoch, lint: Lint) -> None: ...


@dataclass(frozen=True, slots=True)
class Ingested:
    """`waits`: why the present epoch stays in use, or None when `epoch` is the new one."""

    epoch: EpochId
    lint: Lint
    waits: str | None


class IngestData:
    """`establish_ledger` makes the ledger of a new node; it raises LedgerError when a ledger got lost, for an
    epoch is never opened without one."""

    def __init__(
        self,
        policy: ProviderPolicy,
        builder: Builder,
        snapshots: Snapshots,
        establish_ledger: Callable[[], None],
        acts: Acts,
        clock: Clock,
    ) -> None:
        self._policy = policy
        self._builder = builder
        self._snapshots = snapshots
        self._establish_ledger = establish_ledger
        self._acts = acts
        self._clock = clock

    def __call__(self, mapping: DataMapping, folder: Path) -> Ingested:
        """Raises MappingError, SourceError, SnapshotError, LedgerError; the old snapshot stays in use
        then.
        """
        self._establish_ledger()
        with self._snapshots.workspace() as target:
            lint = self._builder.build(mapping, folder, target)
            now = self._clock.now()
            current = self._snapshots.current()
            changed = self._snapshots.changed_subjects(target)
            match may_open(current[0] if current else None, changed, self._policy.epoch_threshold, now):
                case Waits(sentence):
                    present = current[0].id if current else EpochId("")
                    self._acts.ingested(present, False)
                    return Ingested(present, lint, sentence)
                case Opens():
                    coverage = lint.coverage({v: mapping.approximation(v) for v in mapping.variables()})
                    epoch = Epoch(self._snapshots.new_id(now), now, coverage)
                    self._acts.ingested(epoch.id, True)
                    self._snapshots.publish(target, epoch, lint)
                    return Ingested(epoch.id, lint, None)
