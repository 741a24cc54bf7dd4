"""Answers and queries for these tests."""

from datetime import UTC, datetime, timedelta

from cohort.parser import parse
from query_broker.domain.answer import (
    AnswerState,
    CountUnit,
    Handling,
    PredicateReport,
    ProtectedCount,
    ProviderAnswer,
    Report,
)
from query_broker.domain.query import CohortQuery, QueryState, Question

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def count(value: int | None, unit: CountUnit = CountUnit.SUBJECTS, error: int = 6) -> ProtectedCount:
    return ProtectedCount(unit, value, 0.5, 1, 2.0, 10, 5, error)


def predicate(handling: Handling) -> PredicateReport:
    return PredicateReport('modality = "MR"', "modality", handling, 97, "")


def answer(report: Report, provider: str = "providers/a") -> ProviderAnswer:
    return ProviderAnswer(provider, f"Provider {provider[-1].upper()}", "BE", "task", NOW, report)


def answered(
    *counts: ProtectedCount, handling: Handling = Handling.APPLIED, provider: str = "providers/a"
) -> ProviderAnswer:
    return answer(Report(AnswerState.ANSWERED, counts=counts, predicates=(predicate(handling),)), provider)


def query(*answers: ProviderAnswer) -> CohortQuery:
    return CohortQuery(
        id="0" * 32,
        owner="owner",
        organisation="organisation",
        country="BE",
        question=Question('modality = "MR"', parse('modality = "MR"'), 'modality = "MR"', ()),
        purpose="",
        state=QueryState.RUNNING,
        create_time=NOW,
        deadline=NOW + timedelta(seconds=60),
        end_time=None,
        trace_id="1" * 32,
        answers=answers,
    )
