"""One canonical form for all spellings of a question, with the same three-valued meaning."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given

from cohort.canonical import canonical, canonical_text, digest
from cohort.check import InvalidExpressionError
from cohort.expression import And, Comparison, Expression, In, Not, Operator, Or
from cohort.parser import parse
from tests.unit.cohort.reference import Row, truth
from tests.unit.cohort.strategies import data_sets, expressions


@given(expressions, data_sets)
def test_the_canonical_form_has_the_same_three_valued_meaning(expression: Expression, rows: list[Row]) -> None:
    form = canonical(expression)
    for row in rows:
        assert truth(form, row, rows) == truth(expression, row, rows)


@given(expressions)
def test_the_canonical_form_of_a_canonical_form_is_itself(expression: Expression) -> None:
    assert canonical(canonical(expression)) == canonical(expression)


@given(expressions)
def test_the_canonical_text_is_read_back_as_the_canonical_form(expression: Expression) -> None:
    assert parse(canonical_text(expression)) == canonical(expression)


@given(expressions)
def test_a_double_negation_changes_no_digest(expression: Expression) -> None:
    assert digest(Not(Not(expression))) == digest(expression)


@given(expressions, expressions, expressions)
def test_order_grouping_and_repetition_change_no_digest(a: Expression, b: Expression, c: Expression) -> None:
    assert digest(And((a, And((b, c))))) == digest(And((And((c, a)), b, a)))
    assert digest(Or((a, Or((b, c))))) == digest(Or((Or((c, a)), b, a)))
    assert digest(Not(And((a, b)))) == digest(Or((Not(b), Not(a))))


@pytest.mark.parametrize(
    ("spelling", "text"),
    [
        ("modality = mri", 'modality = "MR"'),
        ("NOT modality = CT", 'modality != "CT"'),
        ("-(age_at_study < 50)", "age_at_study >= 50"),
        ("in(modality, ct)", 'modality = "CT"'),
        ("in(modality, MR, CT, MR)", 'in(modality, "CT", "MR")'),
        ("modality = MR OR modality = CT", 'in(modality, "CT", "MR")'),
        ("modality != MR AND modality != CT", 'NOT in(modality, "CT", "MR")'),
        ("NOT (modality = MR OR sex = F)", 'modality != "MR" AND sex != "F"'),
        ("annotation_present != true", "annotation_present = false"),
        ("between(age_at_study, 50, 50.0)", "age_at_study = 50"),
        ("between(age_at_study, 50, 60)", "between(age_at_study, 50, 60)"),
        ("within_days(study_date, diagnosis_date, 30)", "within_days(diagnosis_date, study_date, 30)"),
        ('study_date >= "2020-01-01"', "study_date >= 2020-01-01"),
        ("subject(subject(modality = SEG))", 'subject(modality = "SEG")'),
        ("sex = F AND (sex = F AND modality = CT)", 'modality = "CT" AND sex = "F"'),
        ("in(age_at_study, 100, 20, 3)", "in(age_at_study, 3, 20, 100)"),
    ],
)
def test_spellings_of_one_question_give_one_text(spelling: str, text: str) -> None:
    assert canonical_text(parse(spelling)) == text


def test_a_condition_and_its_negation_is_not_taken_for_the_truth() -> None:
    either = parse("age_at_study < 50 OR NOT age_at_study < 50")
    assert truth(canonical(either), Row(0, 0, {}), [Row(0, 0, {})]) == 1


def test_a_scope_within_another_scope_stays() -> None:
    assert canonical_text(parse("study(subject(modality = CT))")) == 'study(subject(modality = "CT"))'


def test_the_digest_is_over_the_models_major_version_and_the_canonical_text() -> None:
    assert digest(parse("modality = ct")) == hashlib.sha256(b'1\nmodality = "CT"').hexdigest()


def test_sets_whose_union_is_too_large_stay_apart_and_stable() -> None:
    low = In("series_count", tuple(range(1, 1001)))
    high = In("series_count", tuple(range(2, 1002)))
    form = canonical(Or((low, high)))
    assert isinstance(form, Or)
    assert canonical(form) == form


def test_an_expression_that_makes_no_sense_has_no_canonical_form() -> None:
    with pytest.raises(InvalidExpressionError, match=r"filter\.value: age_at_study takes a whole number"):
        canonical(Comparison("age_at_study", Operator.EQ, "old"))


def test_a_question_too_long_in_its_canonical_form_is_refused() -> None:
    longest = tuple(f"{i:04d}{'x' * 250}" for i in range(100))
    with pytest.raises(InvalidExpressionError, match="longer than 16384 bytes in its canonical form"):
        canonical(In("collection", longest))


def test_a_question_too_deep_in_its_canonical_form_is_refused() -> None:
    expression: Expression = And(
        (
            Comparison("modality", Operator.NE, "CT"),
            Comparison("modality", Operator.NE, "MR"),
            Comparison("sex", Operator.EQ, "F"),
        )
    )
    for level in range(30):
        kind = Or if level % 2 == 0 else And
        expression = kind((expression, Comparison("study_year", Operator.EQ, 2000 + level)))
    with pytest.raises(InvalidExpressionError, match="nested deeper than 32 levels"):
        canonical(expression)
