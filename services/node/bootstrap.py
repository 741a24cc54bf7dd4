"""The only wiring: from settings to use cases."""

from __future__ import annotations

from functools import partial

from cohort.model_file import data_model
from kit.clock import Clock, SystemClock
from node.adapters.acts import StaffActs, log_begun
from node.adapters.files.data_set_file import read_data_set_texts
from node.adapters.files.journal_file import journal_file
from node.adapters.files.log_folder import LogFolder
from node.adapters.files.policy_file import read_policy
from node.adapters.files.sqlite_journal import SqliteTaskJournal
from node.adapters.files.sqlite_ledger import SqliteLedger
from node.adapters.files.sqlite_node_log import SqliteNodeLog
from node.adapters.files.sqlite_withdrawals import SqliteWithdrawals
from node.adapters.index.snapshot_builder import SnapshotBuilder
from node.adapters.index.snapshots import CurrentIndex, SnapshotFolder
from node.adapters.opendp_noise import OpenDpNoise
from node.application.answer_count import AnswerCount
from node.application.describe_data_sets import DescribeDataSets
from node.application.ingest_data import IngestData
from node.application.keep_log import KeepLog
from node.application.ports import Noise
from node.application.warm_up import WarmUp
from node.application.withdraw import Withdraw
from node.entrypoints.parts import Node
from node.settings import NodeSettings


def build(settings: NodeSettings, clock: Clock | None = None, noise: Noise | None = None) -> Node:
    """Opens nothing yet but the policy. Raises PolicyError."""
    clock = clock or SystemClock()
    model = data_model()
    policy = read_policy(settings.policy_path)
    folder = settings.data_dir
    snapshots = SnapshotFolder(folder / "snapshots")
    withdrawals = SqliteWithdrawals(folder / "withdrawals.sqlite")
    ledger = SqliteLedger(
        folder / "ledger.sqlite",
        folder / "ledger.mark",
        folder / "ledger.hub-mark",
        lambda: snapshots.current_id() is not None,
    )
    builder = SnapshotBuilder(model, settings.ingest_memory_mb, settings.duckdb_threads)
    indexes = CurrentIndex(snapshots, model, withdrawals, settings.query_memory_mb, settings.duckdb_threads)
    noise = noise or OpenDpNoise()
    journal = journal_file(folder / "journal.sqlite")
    log_book, log_files = SqliteNodeLog(journal), LogFolder(folder / "log")
    acts = StaffActs(log_book, clock)
    return Node(
        settings=settings,
        model=model,
        clock=clock,
        policy=policy,
        snapshots=snapshots,
        builder=builder,
        indexes=indexes,
        ledger=ledger,
        journal=SqliteTaskJournal(journal, clock),
        withdrawals=withdrawals,
        acts=acts,
        log_book=log_book,
        log_files=log_files,
        keep_log=KeepLog(log_book, log_files, partial(log_begun, clock)),
        answer_count=AnswerCount(policy, indexes, ledger, noise, clock, model),
        describe=DescribeDataSets(policy, indexes, lambda: read_data_set_texts(settings.data_sets_path)),
        warm_up=WarmUp(policy, indexes, noise),
        ingest=IngestData(policy, builder, snapshots, ledger.establish, acts, clock),
        withdraw=Withdraw(withdrawals, acts, clock),
    )
