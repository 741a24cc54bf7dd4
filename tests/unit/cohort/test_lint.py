"""Warnings about queries that are most likely not meant."""

from __future__ import annotations

import pytest
from hypothesis import given

from cohort.expression import Expression
from cohort.lint import Finding, lint
from cohort.parser import parse
from tests.unit.cohort.reference import TRUE, Row, truth
from tests.unit.cohort.strategies import data_sets, expressions


@pytest.mark.parametrize(
    ("text", "path", "finding"),
    [
        ("age_at_study > 80 AND age_at_study < 20", "filter", Finding.NEVER_TRUE),
        ("age_at_study > 20 AND age_at_study < 21", "filter", Finding.NEVER_TRUE),
        ("age_at_study > 200", "filter", Finding.NEVER_TRUE),
        ("modality = CT AND modality = MR", "filter", Finding.NEVER_TRUE),
        ("body_part = LIVER AND under(body_part, CHEST)", "filter", Finding.NEVER_TRUE),
        ("collection = a AND NOT in(collection, a, b)", "filter", Finding.NEVER_TRUE),
        ("study_date > 2020-01-01 AND study_date < 2020-01-02", "filter", Finding.NEVER_TRUE),
        ("sex = F AND subject(modality = CT AND modality = MR)", "filter.operands[1].operand", Finding.NEVER_TRUE),
        ("age_at_study > 20 OR age_at_study < 80", "filter", Finding.ALWAYS_TRUE),
        ("modality = CT OR modality != CT", "filter", Finding.ALWAYS_TRUE),
        ("in(annotation_present, true, false)", "filter", Finding.ALWAYS_TRUE),
        ("sex = F AND modality = CT AND in(sex, F)", "filter.operands[2]", Finding.REPEATED),
        ("subject(sex = F)", "filter", Finding.SCOPE_WITHOUT_EFFECT),
        ("study(age_at_study > 50)", "filter", Finding.SCOPE_WITHOUT_EFFECT),
        ("study(study(modality = CT))", "filter", Finding.SCOPE_WITHOUT_EFFECT),
        ("within_days(study_date, study_date, 3)", "filter", Finding.SAME_DATE),
    ],
)
def test_a_questionable_query_gets_one_warning_at_its_place(text: str, path: str, finding: Finding) -> None:
    [warning] = lint(parse(text))
    assert (warning.path, warning.finding) == (path, finding)


@pytest.mark.parametrize(
    "text",
    [
        "modality = CT",
        "age_at_study > 50 AND age_at_study < 80",
        "modality = MR AND subject(modality = CT)",
        "subject(age_at_study > 50)",
        "sex = F OR sex = M",
        "under(body_part, CHEST) AND body_part != LUNG",
        "collection = a OR collection = b",
    ],
)
def test_a_sound_query_gets_no_warning(text: str) -> None:
    assert lint(parse(text)) == ()


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ('age_at_study < 0 OR modality = "CT"', Finding.NEVER_TRUE),
        ('age_at_study >= 0 AND modality = "CT"', Finding.ALWAYS_TRUE),
    ],
)
def test_a_part_that_does_not_decide_the_whole_is_warned_of_where_it_is(text: str, finding: Finding) -> None:
    assert [(warning.path, warning.finding) for warning in lint(parse(text))] == [("filter.operands[0]", finding)]


@given(expressions, data_sets)
def test_what_is_called_never_true_matches_nothing(expression: Expression, rows: list[Row]) -> None:
    if any(warning.path == "filter" and warning.finding is Finding.NEVER_TRUE for warning in lint(expression)):
        assert all(truth(expression, row, rows) != TRUE for row in rows)
