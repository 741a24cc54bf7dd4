"""Tasks and answers to and from protobuf."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal

from cohort.text import to_text
from kit.wire.expression import decode_expression
from node.domain.answer import Answer, Answered, CountTask, TaskId
from node.domain.budget import Organisation
from node.domain.counts import CountUnit
from node.domain.description import Description
from node.domain.epoch import EpochId
from node.domain.ledger import LedgerId, LedgerMark
from node.domain.protection import ProtectedCount
from node.domain.refusal import Refusal
from node.domain.report import Handling, PredicateReport
from node.domain.rules import HubPolicy
from oncordia.border.v1 import description_pb2, hub_message_pb2, node_message_pb2, task_pb2, task_result_pb2
from oncordia.type.v1 import count_pb2, predicate_pb2

_UNITS = {
    CountUnit.SUBJECTS: count_pb2.COUNT_UNIT_SUBJECTS,
    CountUnit.STUDIES: count_pb2.COUNT_UNIT_STUDIES,
    CountUnit.SERIES: count_pb2.COUNT_UNIT_SERIES,
}
_HANDLINGS = {
    Handling.APPLIED: predicate_pb2.PREDICATE_HANDLING_APPLIED,
    Handling.APPROXIMATED: predicate_pb2.PREDICATE_HANDLING_APPROXIMATED,
    Handling.UNSUPPORTED: predicate_pb2.PREDICATE_HANDLING_UNSUPPORTED,
}


def count_task(task: task_pb2.Task, policy: HubPolicy | None) -> CountTask:
    """Raises InvalidInput for an expression that isn't one."""
    return CountTask(
        task_id=TaskId(task.task_id),
        query=task.asking_resource,
        expression=decode_expression(task.count.expression),
        asking_organisation=Organisation(task.asking_organisation),
        deadline=task.deadline.ToDatetime(UTC),
        hub_policy=policy,
    )


def ledger_mark(mark: LedgerMark | None) -> node_message_pb2.LedgerMark | None:
    if mark is None:
        return None
    return node_message_pb2.LedgerMark(ledger=mark.ledger, charges=mark.charges, replaces=sorted(mark.replaces))


def hub_mark(welcome: hub_message_pb2.Welcome) -> LedgerMark | None:
    """How far the hub remembers the ledger; None if it has never seen one."""
    return LedgerMark(LedgerId(welcome.ledger.ledger), welcome.ledger.charges) if welcome.HasField("ledger") else None


def hub_policy(policy: hub_message_pb2.StricterPolicy) -> HubPolicy:
    """0 means that the hub has no such rule."""
    return HubPolicy(
        epsilon_per_count=Decimal(str(policy.max_epsilon)) if policy.max_epsilon else None,
        minimum_count=policy.minimum_count or None,
        rounding=policy.rounding or None,
    )


def write_answer(answer: Answer, result: task_result_pb2.TaskResult) -> None:
    """Puts the answer into the result."""
    match answer:
        case Answered(epoch, report, counts, stored):
            result.count.epoch = epoch
            result.count.stored = stored
            result.count.counts.extend(_count(count) for count in counts)
            result.count.predicates.extend(_report(each) for each in report)
            # An answer is an answer, even when it has neither counts nor predicates.
            result.count.SetInParent()
        case Refusal(reason, sentence):
            result.refusal.reason = reason.value
            result.refusal.message = sentence


def write_descriptions(
    epoch: EpochId | None, descriptions: Sequence[Description], result: task_result_pb2.TaskResult
) -> None:
    """Puts the descriptions of all data sets into the result."""
    result.describe.epoch = epoch or ""
    result.describe.data_sets.extend(
        description_pb2.DataSetDescription(
            id=each.id,
            title=each.text.title,
            description=each.text.description,
            persistent_id=each.text.persistent_id,
            cancer_types=each.cancer_types,
            modalities=each.modalities,
            body_parts=each.body_parts,
            licence=each.licence,
            subjects=each.subjects,
            studies=each.studies,
            series=each.series,
            totals_rounded_to=each.rounded_to,
        )
        for each in descriptions
    )


def _count(count: ProtectedCount) -> count_pb2.ProtectedCount:
    done = count.protection
    return count_pb2.ProtectedCount(
        unit=_UNITS[count.unit],
        value=count.value,
        suppressed=count.value is None,
        protection=count_pb2.Protection(
            epsilon=float(done.epsilon),
            sensitivity=done.sensitivity,
            noise_scale=done.noise_scale,
            minimum_count=done.minimum_count,
            rounding=done.rounding,
            error_95=done.error_95,
        ),
    )


def _report(report: PredicateReport) -> predicate_pb2.PredicateReport:
    return predicate_pb2.PredicateReport(
        predicate=to_text(report.predicate),
        variable=report.variable,
        handling=_HANDLINGS[report.handling],
        mapped_percent=report.mapped_percent,
        reason=report.reason,
    )
