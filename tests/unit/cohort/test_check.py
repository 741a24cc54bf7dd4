"""What doesn't make sense in the data model is named, all of it at once."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from cohort.check import check
from cohort.expression import (
    And,
    Between,
    Comparison,
    Expression,
    In,
    Not,
    Operator,
    Scope,
    Scoped,
    Under,
    Value,
    WithinDays,
)
from cohort.model_file import data_model
from cohort.typed import MisfitError, fitted
from cohort.variables import Level, ValueType, Variable

MODEL = data_model()
CT = Comparison("modality", Operator.EQ, "CT")


def only_violation(expression: Expression) -> tuple[str, str]:
    [violation] = check(expression, MODEL)
    return violation.path, violation.message


def test_an_expression_that_makes_sense_has_no_violation() -> None:
    assert check(And((CT, Between("age_at_study", 50, 60))), MODEL) == ()


def test_all_violations_are_named_at_once_with_their_paths() -> None:
    wrong = And(
        (
            Comparison("modalty", Operator.EQ, "CT"),
            Not(Comparison("sex", Operator.LT, "X")),
            Scoped(Scope.SUBJECT, In("modality", ("CT", "XX"))),
        )
    )
    assert [violation.path for violation in check(wrong, MODEL)] == [
        "filter.operands[0].variable",
        "filter.operands[1].operand.operator",
        "filter.operands[1].operand.value",
        "filter.operands[2].operand.values[1]",
    ]


@pytest.mark.parametrize(
    ("expression", "path", "part"),
    [
        (Comparison("modality", Operator.GT, "CT"), "filter.operator", "without an order for >"),
        (Comparison("age_at_study", Operator.EQ, True), "filter.value", "takes a whole number, not true"),
        (Comparison("age_at_study", Operator.EQ, 2**70), "filter.value", "more than 64 bits"),
        (Comparison("age_at_study", Operator.EQ, float("nan")), "filter.value", "not nan"),
        (Comparison("annotation_present", Operator.EQ, 1), "filter.value", "takes true or false, not 1"),
        (Comparison("study_date", Operator.EQ, "2020"), "filter.value", "takes a date such as 2020-12-31"),
        (Comparison("study_date", Operator.EQ, datetime(2020, 1, 1)), "filter.value", "takes a date"),  # noqa: DTZ001
        (Comparison("collection", Operator.EQ, "a\nb"), "filter.value", "without control characters"),
        (Comparison("collection", Operator.EQ, "\ud800"), "filter.value", "without control characters"),
        (Comparison("collection", Operator.EQ, ""), "filter.value", "1 to 256 characters, not 0"),
        (Comparison("modality", Operator.EQ, "MRR"), "filter.value", "Did you mean MR"),
        (Comparison("modality", Operator.EQ, 5), "filter.value", "takes one of its codes, not 5"),
        (In("modality", ()), "filter.values", "takes at least one value"),
        (Between("age_at_study", 60, 50), "filter", "write between(age_at_study, 50, 60)"),
        (Between("study_date", date(2021, 1, 1), date(2020, 1, 1)), "filter", "the wrong way round"),
        (Between("modality", "CT", "MR"), "filter.variable", "without an order for between()"),
        (Under("sex", "F"), "filter.variable", "has no hierarchy"),
        (Under("age_at_study", "F"), "filter.variable", "has no hierarchy"),
        (WithinDays("study_date", "age_at_study", 5), "filter.other", "dates are diagnosis_date, study_date"),
        (WithinDays("sex", "study_date", 5), "filter.variable", "compares two dates"),
        (WithinDays("study_date", "diagnosis_dat", 5), "filter.other", "Did you mean diagnosis_date"),
        (WithinDays("study_date", "diagnosis_date", -1), "filter.days", "from 0 to 36525"),
        (And((CT,)), "filter.operands", "has 1 operands; AND and OR join at least 2"),
        (And(()), "filter.operands", "has 0 operands"),
        (In("series_count", tuple(range(1001))), "filter.values", "has 1001 values; at most 1000"),
        (And((CT,) * 501), "filter", "more than 500 predicates"),
    ],
)
def test_a_violation_says_where_and_what_would_be_right(expression: Expression, path: str, part: str) -> None:
    found_path, message = only_violation(expression)
    assert found_path == path
    assert part in message


def test_a_very_deep_expression_is_refused_and_nothing_recurses() -> None:
    expression: Expression = CT
    for _ in range(50_000):
        expression = Not(expression)
    assert "nested deeper than 32 levels" in only_violation(expression)[1]


def test_no_more_than_fifty_violations_are_named() -> None:
    assert len(check(In("modality", tuple(f"X{i}" for i in range(900))), MODEL)) == 50


DECIMAL = Variable("dose", ValueType.DECIMAL, Level.STUDY, {"en": "dose"}, "test")


@pytest.mark.parametrize(("given", "kept"), [(3, 3.0), (-0.0, 0.0), (2.5, 2.5)])
def test_decimal_numbers_have_one_form(given: Value, kept: float) -> None:
    assert repr(fitted(DECIMAL, given)) == repr(kept)


@pytest.mark.parametrize("given", [float("inf"), True, "2", 2**60])
def test_what_is_no_decimal_number_is_refused(given: Value) -> None:
    with pytest.raises(MisfitError, match="dose takes a"):
        fitted(DECIMAL, given)
