"""Answers and queries for these tests."""

from datetime import UTC, datetime

from query_broker.domain.answer import (
    AnswerState,
    CountUnit,
    Handling,
    PredicateReport,
    ProtectedCount,
    ProviderAnswer,
    Report,
)

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
