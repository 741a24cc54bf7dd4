"""The text form: what it means, and what people are told when they slip."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohort.expression import (
    And,
    Between,
    Comparison,
    Expression,
    In,
    Not,
    Operator,
    Or,
    Scope,
    Scoped,
    Under,
    WithinDays,
)
from cohort.filter_error import FilterError, Problem
from cohort.parser import parse
from cohort.text import to_text
from tests.unit.cohort.strategies import expressions

CT = Comparison("modality", Operator.EQ, "CT")
F = Comparison("sex", Operator.EQ, "F")
OLD = Comparison("age_at_study", Operator.GE, 80)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("modality = CT", CT),
        ("modality='CT'", CT),
        ('((modality = "CT"))', CT),
        ("modality = CT AND sex = F AND age_at_study >= 80", And((CT, F, OLD))),
        ("modality = CT OR sex = F", Or((CT, F))),
        ("modality = CT AND (sex = F OR age_at_study >= 80)", And((CT, Or((F, OLD))))),
        ("NOT modality = CT AND sex = F", And((Not(CT), F))),
        ("-modality = CT", Not(CT)),
        ("-(modality = CT)", Not(CT)),
        ("NOT NOT modality = CT", Not(Not(CT))),
        ("NOT(modality = CT)", Not(CT)),
        ("age_at_study > -5", Comparison("age_at_study", Operator.GT, -5)),
        ("age_at_study = 5e1", Comparison("age_at_study", Operator.EQ, 50.0)),
        ("study_date < 2020-02-29", Comparison("study_date", Operator.LT, date(2020, 2, 29))),
        ("annotation_present = true", Comparison("annotation_present", Operator.EQ, True)),
        ("collection = 2020", Comparison("collection", Operator.EQ, "2020")),
        (r'collection = "a \"b\" \\ \*"', Comparison("collection", Operator.EQ, 'a "b" \\ *')),
        ("licence = CC-BY-4.0", Comparison("licence", Operator.EQ, "CC-BY-4.0")),
        ("in(modality, CT, 'MR')", In("modality", ("CT", "MR"))),
        ("between(age_at_study, 50, 60)", Between("age_at_study", 50, 60)),
        ("under(body_part, CHEST)", Under("body_part", "CHEST")),
        ("within_days(study_date, diagnosis_date, 30)", WithinDays("study_date", "diagnosis_date", 30)),
        (
            "study(modality = CT AND NOT subject(sex = F))",
            Scoped(Scope.STUDY, And((CT, Not(Scoped(Scope.SUBJECT, F))))),
        ),
    ],
)
def test_a_filter_means_its_expression(text: str, expression: Expression) -> None:
    assert parse(text) == expression


@given(expressions)
def test_every_expression_can_be_written_and_is_read_back(expression: Expression) -> None:
    # Brackets of one operand in the other's place vanish, so the text is the same, not always the tree.
    assert to_text(parse(to_text(expression))) == to_text(expression)


@pytest.mark.parametrize(
    ("text", "column", "part"),
    [
        ("", 1, 'the filter is empty; write a condition such as modality = "CT"'),
        ("  ", 3, "the filter is empty"),
        ("modalty = CT", 1, "Did you mean modality?"),
        ("modality = CTT", 12, "Did you mean CT"),
        ("modality CT", 1, "write modality = value"),
        ("annotation_present", 1, "write annotation_present = true"),
        ("modality = CT sex = F", 15, "AND or OR is missing here"),
        ("collection = NSCLC Radiomics", 20, "quotation marks around text with blanks"),
        ("modality = CT and sex = F", 15, "and joins no conditions; write AND"),
        ("modality = CT && sex = F", 15, "write AND"),
        ("not modality = CT", 1, "write NOT"),
        ("modality in (CT)", 10, "write in(modality, value, value)"),
        ("modality = in(CT, MR)", 12, "for sets write in(variable, value, value)"),
        ("inn(modality, CT)", 1, "write in(variable, value, value, ...)"),
        ("xyzzy(modality)", 1, "known are in, between, under"),
        ("IN(modality, CT)", 1, "write in(variable, value, value, ...)"),
        ("in(modality)", 1, "in() has 1 argument;"),
        ("between(age_at_study, 5)", 1, "write between(variable, low, high)"),
        ("between(age_at_study, 9, 5)", 1, "write between(age_at_study, 5, 9)"),
        ('in("modality", CT)', 4, "which has no quotation marks"),
        ("in(modality, (CT, MR))", 14, "an argument of in() is expected here"),
        ("in(modality, CT) = true", 18, "is a condition by itself"),
        ("in(modality CT)", 13, "write a comma between arguments"),
        ("within_days(study_date, diagnosis_date, soon)", 41, "ends with a whole number of days"),
        ("(modality = CT", 1, "this bracket is not closed"),
        ("modality = CT)", 14, "this bracket was never opened"),
        ("modality = CT, MR", 14, "a comma can't stand here"),
        ("modality =", 11, "a value is expected after ="),
        ("modality = AND sex = F", 12, "a value is expected after ="),
        ("modality = CT AND", 18, "the filter ends where a condition is expected"),
        ("AND modality = CT", 1, "AND stands where a condition is expected"),
        ("study()", 7, "a condition is expected before )"),
        ("'CT' = modality", 1, "write a variable first"),
        ("modality == CT", 10, "write ="),
        ("modality <> CT", 10, "write !="),
        ("modality:CT", 9, "write ="),
        ("! modality = CT", 1, "write NOT for a negation"),
        ('modality = "CT', 12, 'no closing one; add "'),
        ("modality = “CT”", 12, "typographic quotation mark"),
        (r'collection = "a\b"', 16, "this escape is not known"),
        ('collection = "a*"', 16, "wildcards are not supported"),
        ("collection = a*", 14, "wildcards are not supported"),
        ("study_date > 2020-02-30", 14, "takes a date such as 2020-12-31"),
        ("age_at_study = " + "9" * 5000, 16, "takes a whole number"),
        ("sex > F", 5, "without an order for >"),
    ],
)
def test_a_slip_is_answered_with_its_place_and_what_would_be_right(text: str, column: int, part: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert f"column {column}: " in str(caught.value)
    assert part in str(caught.value)


def test_a_mix_of_and_and_or_shows_both_readings() -> None:
    with pytest.raises(FilterError) as caught:
        parse("modality = CT AND sex = F OR age_at_study >= 80")
    message = str(caught.value)
    assert "modality = CT AND (sex = F OR age_at_study >= 80) (AIP-160's own reading)" in message
    assert "(modality = CT AND sex = F) OR age_at_study >= 80" in message


def test_the_caret_stands_under_the_place_also_in_a_long_filter_of_several_lines() -> None:
    lines = ["modality = CT", "AND sex = F", f"AND in(age_at_study, {', '.join(['50'] * 60)}, xx, 3)"]
    with pytest.raises(FilterError) as caught:
        parse("\n".join(lines))
    first, excerpt, caret = str(caught.value).split("\n")
    assert first.startswith("line 3, column 262: ")
    assert excerpt[caret.index("^") : caret.rindex("^") + 1] == "xx"


def test_everything_that_the_data_model_does_not_know_is_named_at_once_with_its_path() -> None:
    with pytest.raises(FilterError) as caught:
        parse("modalty = CT AND NOT (sex = X OR study(age_at_study = old))")
    assert [(problem.path, problem.span.start) for problem in caught.value.problems] == [
        ("filter.operands[0].variable", 0),
        ("filter.operands[1].operand.operands[0].value", 28),
        ("filter.operands[1].operand.operands[1].operand.value", 54),
    ]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("(" * 5000 + "sex = F" + ")" * 5000, "nested deeper than 32 levels"),
        ("NOT " * 4000 + "sex = F", "nested deeper than 32 levels"),
        ("-" * 9000 + "sex = F", "nested deeper than 32 levels"),
        ("study(" * 2000 + "sex = F" + ")" * 2000, "nested deeper than 32 levels"),
        (" AND ".join(["sex = F"] * 501), "more than 500 predicates"),
        (f"in(series_count, {', '.join(map(str, range(1001)))})", "has 1001 values; at most 1000"),
        ("sex = F" + " " * 16384, "the filter has 16391 bytes; at most 16384"),
    ],
)
def test_every_limit_has_its_error(text: str, part: str) -> None:
    with pytest.raises(FilterError, match=part):
        parse(text)


PIECES = [
    *("(", ")", ",", " ", "\t", "\n", '"', "'", "\\", "*", "-", "=", "<", ">=", "!=", "!", ":", "“"),
    *("AND", "OR", "NOT", "in(", "between(", "under(", "within_days(", "study(", "subject("),
    *("modality", "sex", "age_at_study", "study_date", "CT", "50", "2020-01-01", "true", "1e999", "\ud800", "\x00"),
]


@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=60).map("".join)))
def test_any_text_is_read_or_answered_with_a_filter_error(text: str) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        parse(text)
    except FilterError as error:
        problems = error.problems
    assert all(0 <= problem.span.start <= problem.span.end <= len(text) for problem in problems)
