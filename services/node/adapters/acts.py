"""Acts as events: what is told of each, in protobuf. Nothing in them comes from data but protected counts."""

from __future__ import annotations

from datetime import datetime

from google.protobuf.message import Message

from kit.clock import Clock
from kit.events.outcome import Outcome
from node.adapters.files.sqlite_node_log import SqliteNodeLog
from node.domain.act import Act
from node.domain.epoch import EpochId
from node.domain.node_log import NodeLog
from oncordia.border.v1 import task_pb2, task_result_pb2
from oncordia.events.v1 import node_pb2

CANCELLED = "CANCELLED"
UNSUPPORTED = "PREDICATE_UNSUPPORTED"


class StaffActs:
    """The port Acts: noted on disk when a call returns."""

    def __init__(self, book: SqliteNodeLog, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def ingested(self, epoch: EpochId, opened: bool) -> None:
        outcome = Outcome.DONE if opened else Outcome.REFUSED
        self._add(node_pb2.DataIngested(epoch=epoch, opened=opened), outcome)

    def withdrawn(self) -> None:
        self._add(node_pb2.WithdrawalsTaken())

    def switched(self, on: bool) -> None:
        self._add(node_pb2.NodeSwitched(on=on))

    def ledger_accepted(self, reason: str) -> None:
        self._add(node_pb2.LedgerAccepted(reason=reason))

    def _add(self, payload: Message, outcome: Outcome = Outcome.DONE) -> None:
        self._book.add(_act(self._clock.now(), payload, outcome=outcome))


def log_begun(clock: Clock, verifier_key: str, replaces: NodeLog | None) -> Act:
    """The first act of a log."""
    payload = node_pb2.NodeLogBegun(
        verifier_key=verifier_key,
        replaces=replaces.id if replaces is not None else "",
        replaced_entries=replaces.entries if replaces is not None else 0,
    )
    return _act(clock.now(), payload)


def act_of_task(task: task_pb2.Task, result: task_result_pb2.TaskResult, now: datetime) -> Act | None:
    """What was done for a task; None for work that does nothing by itself."""
    match task.WhichOneof("work"):
        case "count":
            return _act(
                now,
                node_pb2.CohortQueryEvaluated(
                    task_id=task.task_id,
                    asking_organisation=task.asking_organisation,
                    asking_country=task.asking_country,
                    epoch=result.count.epoch,
                    counts=result.count.counts,
                    stored=result.count.stored,
                    reason=_reason(result),
                ),
                resource=task.asking_resource,
                purpose=task.purpose,
                traceparent=result.traceparent,
                outcome=_outcome(result),
            )
        case "describe":
            return _act(
                now,
                node_pb2.DataSetsDescribed(
                    task_id=task.task_id,
                    epoch=result.describe.epoch,
                    data_sets=len(result.describe.data_sets),
                    reason=_reason(result),
                ),
                purpose=task.purpose,
                traceparent=result.traceparent,
                outcome=_outcome(result),
            )
        case _:
            return None


def _reason(result: task_result_pb2.TaskResult) -> str:
    match result.WhichOneof("outcome"):
        case "cancelled":
            return CANCELLED
        case "count" if not result.count.counts:
            return UNSUPPORTED
        case _:
            return result.refusal.reason or result.failure.reason


def _outcome(result: task_result_pb2.TaskResult) -> Outcome:
    match result.WhichOneof("outcome"):
        case "refusal":
            return Outcome.REFUSED
        case "failure":
            return Outcome.FAILED
        case _:
            return Outcome.DONE


def _act(
    now: datetime,
    payload: Message,
    *,
    resource: str = "",
    purpose: str = "",
    traceparent: str = "",
    outcome: Outcome = Outcome.DONE,
) -> Act:
    return Act(
        time=now,
        type=payload.DESCRIPTOR.full_name,
        payload=payload.SerializeToString(deterministic=True),
        resource=resource,
        purpose=purpose,
        traceparent=traceparent,
        outcome=outcome,
    )
