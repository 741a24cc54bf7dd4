"""A query in words."""

from __future__ import annotations

import pytest
from hypothesis import given

from cohort.describe import describe
from cohort.expression import Expression
from cohort.parser import parse
from tests.unit.cohort.strategies import expressions


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("modality = ct", "Series where the modality is Computed Tomography (CT)."),
        ("age_at_study >= 50", "Series where the age at the study is at least 50 years."),
        ("study_date < 2020-01-01", "Series where the date of the study is before 2020-01-01."),
        (
            "sex = F AND (collection = a OR in(modality, CT, MG))",
            'Series where the sex is Female (F) and (either the collection is "a" or the modality is Computed '
            "Tomography (CT) or Mammography (MG)).",
        ),
        (
            "NOT subject(modality = SEG)",
            "Series where it is not so that some series of the same subject is one where the modality is "
            "Segmentation (SEG).",
        ),
        ("under(body_part, CHEST)", "Series where the body part is Chest (CHEST) or anything below it."),
        ("between(study_year, 2010, 2015)", "Series where the year of the study is from 2010 to 2015."),
        (
            "within_days(study_date, diagnosis_date, 1)",
            "Series where the date of the study and the date of diagnosis lie at most 1 day apart.",
        ),
        (
            "in(study_year, 1, 2, 3, 4, 5, 6, 7)",
            "Series where the year of the study is one of 7 values (1, 2, 3, 4, 5, …).",
        ),
    ],
)
def test_a_query_is_told_in_plain_words(text: str, sentence: str) -> None:
    assert describe(parse(text)) == sentence


@given(expressions)
def test_every_valid_expression_has_a_sentence(expression: Expression) -> None:
    assert describe(expression).startswith("Series where ")
