"""The parts of a node, as bootstrap wires them and entrypoints use them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cohort.variables import DataModel
from kit.clock import Clock
from node.adapters.acts import StaffActs
from node.adapters.files.log_folder import LogFolder
from node.adapters.files.sqlite_journal import SqliteTaskJournal
from node.adapters.files.sqlite_ledger import SqliteLedger
from node.adapters.files.sqlite_node_log import SqliteNodeLog
from node.adapters.files.sqlite_withdrawals import SqliteWithdrawals
from node.adapters.index.mapping_file import read_mapping
from node.adapters.index.snapshot_builder import SnapshotBuilder
from node.adapters.index.snapshots import CurrentIndex, SnapshotFolder
from node.application.answer_count import AnswerCount
from node.application.describe_data_sets import DescribeDataSets
from node.application.ingest_data import IngestData
from node.application.keep_log import KeepLog
from node.application.warm_up import WarmUp
from node.application.withdraw import Withdraw
from node.domain.mapping import DataMapping
from node.domain.policy import ProviderPolicy
from node.settings import NodeSettings


@dataclass(frozen=True)
class Node:
    """The parts of a node that commands and the border link use."""

    settings: NodeSettings
    model: DataModel
    clock: Clock
    policy: ProviderPolicy
    snapshots: SnapshotFolder
    builder: SnapshotBuilder
    indexes: CurrentIndex
    ledger: SqliteLedger
    journal: SqliteTaskJournal
    withdrawals: SqliteWithdrawals
    acts: StaffActs
    log_book: SqliteNodeLog
    log_files: LogFolder
    keep_log: KeepLog
    answer_count: AnswerCount
    describe: DescribeDataSets
    warm_up: WarmUp
    ingest: IngestData
    withdraw: Withdraw

    def read_mapping(self, path: Path | None = None) -> DataMapping:
        """A mapping file, by default the node's own. Raises MappingError."""
        return read_mapping(path or self.settings.mapping_path, self.model)
