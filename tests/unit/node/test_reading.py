"""Real spellings, mess included, as values of the common data model."""

from __future__ import annotations

from datetime import date

import pytest

from cohort.expression import Value
from cohort.model_file import data_model
from node.domain.mapping import Column, Reading, VariableMapping
from node.domain.reading import read

MODEL = data_model()


def value(variable: str, spelling: str, reading: Reading, **overrides: str) -> Value | None:
    mapping = VariableMapping(variable, Column("c"), reading, overrides)
    return read(spelling, mapping, MODEL.get(variable))


@pytest.mark.parametrize(
    ("spelling", "years"),
    [
        ("066Y", 66),
        ("010M", 0),
        ("204M", 17),
        ("052W", 0),
        ("053W", 1),
        ("300D", 0),
        ("066y", 66),
        ("000D", 0),
        ("000Y", None),
        ("90", None),
        ("N-A", None),
        ("155Y", None),
        ("", None),
    ],
)
def test_an_age_is_in_whole_years_and_a_removed_one_is_unknown(spelling: str, years: int | None) -> None:
    assert value("age_at_study", spelling, Reading.DICOM_AGE) == years


def test_a_provider_whose_000y_means_infants_says_so_in_the_mapping() -> None:
    assert (
        read(
            "000Y",
            VariableMapping("age_at_study", Column("c"), Reading.DICOM_AGE, {"000Y": "0"}),
            MODEL.get("age_at_study"),
        )
        == 0
    )


@pytest.mark.parametrize(
    ("spelling", "code"),
    [("F", "F"), (" female ", "F"), ("m", "M"), ("6657", None), ("0000", None), ("U", None)],
)
def test_a_sex_is_mapped_by_its_spellings_and_mess_stays_unmapped(spelling: str, code: str | None) -> None:
    assert value("sex", spelling, Reading.CODE) == code


def test_a_local_code_is_mapped_by_the_providers_override() -> None:
    assert value("sex", "W", Reading.CODE, w="F") == "F"


def test_of_several_dicom_values_the_first_known_code_counts() -> None:
    assert value("deidentification", "local\\113100\\113107", Reading.CODE) == "113100"


@pytest.mark.parametrize("spelling", ["2020-02-29", "20200229", "2020-02-29 11:30:00", "2020-02-29T11:30:00"])
def test_a_date_is_read_in_iso_and_dicom_spelling(spelling: str) -> None:
    assert value("study_date", spelling, Reading.DATE) == date(2020, 2, 29)
    assert value("study_year", spelling, Reading.YEAR) == 2020


@pytest.mark.parametrize("spelling", ["2021-02-29", "1880-09-09", "yesterday", "2020"])
def test_a_date_that_cannot_be_is_unknown(spelling: str) -> None:
    assert value("study_date", spelling, Reading.DATE) is None


@pytest.mark.parametrize(("spelling", "flag"), [("true", True), ("No", False), ("1", True), ("perhaps", None)])
def test_a_truth_value_is_read_in_common_spellings(spelling: str, flag: bool | None) -> None:
    assert value("annotation_present", spelling, Reading.BOOLEAN) is flag


def test_a_whole_number_may_be_written_as_a_decimal_one() -> None:
    assert value("age_at_study", "66.0", Reading.INTEGER) == 66
    assert value("age_at_study", "66.5", Reading.INTEGER) is None
    assert value("age_at_study", "inf", Reading.INTEGER) is None
