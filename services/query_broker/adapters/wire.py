"""Answers and queries as protobuf, and reports of tasks as the domain's."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import InvalidInput
from kit.wire.expression import encode_expression
from oncordia.border.v1 import task_result_pb2
from oncordia.events.v1 import tasks_pb2
from oncordia.query.v1 import cohort_query_pb2, provider_answer_pb2, totals_pb2
from oncordia.type.v1 import count_pb2, predicate_pb2
from query_broker.domain.answer import (
    AnswerState,
    CountUnit,
    Handling,
    PredicateReport,
    ProtectedCount,
    ProviderAnswer,
    Report,
)
from query_broker.domain.query import CohortQuery
from query_broker.domain.totals import totals


def query_to_proto(query: CohortQuery, *, with_answers: bool = True) -> cohort_query_pb2.CohortQuery:
    """The resource as callers see it; without answers in lists."""
    result = cohort_query_pb2.CohortQuery(
        name=query.name,
        filter=query.question.filter,
        expression=encode_expression(query.question.expression),
        canonical_filter=query.question.canonical_filter,
        purpose=query.purpose,
        state=cohort_query_pb2.CohortQueryState.Value(f"COHORT_QUERY_STATE_{query.state.value}"),
        trace_id=query.trace_id,
        warnings=query.question.warnings,
    )
    result.create_time.FromDatetime(query.create_time)
    result.deadline.FromDatetime(query.deadline)
    if query.end_time is not None:
        result.end_time.FromDatetime(query.end_time)
    if with_answers:
        result.providers.extend(answer.provider for answer in query.answers)
        result.answers.extend(answer_to_proto(answer) for answer in query.answers)
        result.totals.CopyFrom(_totals_to_proto(query))
    return result


def answer_to_proto(answer: ProviderAnswer) -> provider_answer_pb2.ProviderAnswer:
    report = answer.report
    changed = Timestamp()
    changed.FromDatetime(answer.update_time)
    return provider_answer_pb2.ProviderAnswer(
        provider=answer.provider,
        display_name=answer.display_name,
        country=answer.country,
        state=provider_answer_pb2.AnswerState.Value(f"ANSWER_STATE_{answer.state.value}"),
        reason=report.reason,
        message=report.message,
        counts=[_count_to_proto(count) for count in report.counts],
        predicates=[_predicate_to_proto(predicate) for predicate in report.predicates],
        epoch=report.epoch,
        stored=report.stored,
        update_time=changed,
    )


def report_from_proto(message: tasks_pb2.TaskReported) -> Report:
    """What a report says. Raises InvalidInput naming the field that makes no sense."""
    match message.state:
        case tasks_pb2.TASK_STATE_DELIVERED:
            return Report(AnswerState.DELIVERED)
        case tasks_pb2.TASK_STATE_TIMED_OUT:
            return Report(AnswerState.TIMED_OUT, "DEADLINE_PASSED", "no answer came before the deadline")
        case tasks_pb2.TASK_STATE_CANCELLED:
            return Report(AnswerState.CANCELLED)
        case tasks_pb2.TASK_STATE_PENDING:
            return Report(AnswerState.PENDING)
        case tasks_pb2.TASK_STATE_DONE:
            return _outcome(message.result)
    raise InvalidInput.of("state", f"{message.state} is no state of a task")


def _outcome(result: task_result_pb2.TaskResult) -> Report:
    match result.WhichOneof("outcome"):
        case "count":
            answer = result.count
            return Report(
                AnswerState.ANSWERED,
                counts=tuple(_count_from_proto(count) for count in answer.counts),
                predicates=tuple(_predicate_from_proto(predicate) for predicate in answer.predicates),
                epoch=answer.epoch,
                stored=answer.stored,
            )
        case "refusal":
            return Report(AnswerState.REFUSED, result.refusal.reason, result.refusal.message)
        case "failure":
            return Report(AnswerState.FAILED, result.failure.reason, result.failure.message)
        case "cancelled":
            return Report(AnswerState.CANCELLED)
    raise InvalidInput.of("result.outcome", "is not the outcome of a count")


def _count_to_proto(count: ProtectedCount) -> count_pb2.ProtectedCount:
    return count_pb2.ProtectedCount(
        unit=count_pb2.CountUnit.Value(f"COUNT_UNIT_{count.unit.value}"),
        value=count.value,
        suppressed=count.value is None,
        protection=count_pb2.Protection(
            epsilon=count.epsilon,
            sensitivity=count.sensitivity,
            noise_scale=count.noise_scale,
            minimum_count=count.minimum_count,
            rounding=count.rounding,
            error_95=count.error_95,
        ),
    )


def _count_from_proto(count: count_pb2.ProtectedCount) -> ProtectedCount:
    protection = count.protection
    unit = count_pb2.CountUnit.Name(count.unit).removeprefix("COUNT_UNIT_")
    if unit not in CountUnit.__members__:
        raise InvalidInput.of("result.count.counts.unit", "is not given")
    return ProtectedCount(
        unit=CountUnit(unit),
        value=count.value if count.HasField("value") and not count.suppressed else None,
        epsilon=protection.epsilon,
        sensitivity=protection.sensitivity,
        noise_scale=protection.noise_scale,
        minimum_count=protection.minimum_count,
        rounding=protection.rounding,
        error_95=protection.error_95,
    )


def _predicate_to_proto(predicate: PredicateReport) -> predicate_pb2.PredicateReport:
    return predicate_pb2.PredicateReport(
        predicate=predicate.predicate,
        variable=predicate.variable,
        handling=predicate_pb2.PredicateHandling.Value(f"PREDICATE_HANDLING_{predicate.handling.value}"),
        mapped_percent=predicate.mapped_percent,
        reason=predicate.reason,
    )


def _predicate_from_proto(predicate: predicate_pb2.PredicateReport) -> PredicateReport:
    handling = predicate_pb2.PredicateHandling.Name(predicate.handling).removeprefix("PREDICATE_HANDLING_")
    if handling not in Handling.__members__:
        raise InvalidInput.of("result.count.predicates.handling", "is not given")
    return PredicateReport(
        predicate.predicate, predicate.variable, Handling(handling), predicate.mapped_percent, predicate.reason
    )


def _totals_to_proto(query: CohortQuery) -> totals_pb2.Totals:
    result = totals(query.answers)
    return totals_pb2.Totals(
        totals=[
            totals_pb2.Total(
                unit=count_pb2.CountUnit.Value(f"COUNT_UNIT_{total.unit.value}"),
                value=total.value,
                providers=total.providers,
                error_95=total.error_95,
            )
            for total in result.totals
        ],
        left_out=result.left_out,
    )
