"""The common data model of this package, and its code lists."""

from __future__ import annotations

import pytest

from cohort.code_list import Code, CodeList
from cohort.errors import CohortError, UnknownCodeError, UnknownVariableError
from cohort.model_file import data_model
from cohort.variables import ValueType

MODEL = data_model()


def code_list(**parents: tuple[str, ...]) -> CodeList:
    return CodeList({code: Code(code, {"en": code}, parents=above) for code, above in parents.items()})


def codes_of(variable: str) -> CodeList:
    codes = MODEL.get(variable).codes
    assert codes is not None
    return codes


def test_the_model_is_read_once() -> None:
    assert data_model() is data_model()


def test_code_variables_have_a_code_list_and_no_others_have() -> None:
    for variable in MODEL:
        assert (variable.codes is not None) == (variable.type is ValueType.CODE), variable.name


def test_every_variable_says_where_its_values_come_from() -> None:
    assert all(variable.source and variable.label for variable in MODEL)


def test_the_major_version_is_a_number() -> None:
    assert MODEL.major == 1


def test_an_unknown_variable_is_answered_with_near_spellings() -> None:
    with pytest.raises(UnknownVariableError, match="Did you mean modality"):
        MODEL.get("modalty")


def test_a_variable_like_nothing_is_answered_with_all_there_are() -> None:
    with pytest.raises(UnknownVariableError, match="Known are sex, age_at_study"):
        MODEL.get("qqqqqq")


@pytest.mark.parametrize(
    ("variable", "spelling", "code"),
    [
        ("manufacturer", "GE MEDICAL S]STEMS", "GE"),
        ("manufacturer", " siemens healthcare ", "SIEMENS"),
        ("manufacturer", "TOSHIBA", "CANON"),
        ("body_part", "Left Breast", "BREAST_LEFT"),
        ("cancer_type", "Non-small Cell Lung Cancer", "NSCLC"),
        ("licence", "CC BY 4.0", "CC-BY-4.0"),
        ("modality", "ct", "CT"),
    ],
)
def test_spellings_met_in_real_data_map_to_their_code(variable: str, spelling: str, code: str) -> None:
    assert codes_of(variable).get(spelling).code == code


@pytest.mark.parametrize(
    ("variable", "spelling"),
    [("sex", "6657"), ("sex", "0000"), ("sex", "U"), ("cancer_type", "Various"), ("body_part", "UNKNOWN")],
)
def test_spellings_that_say_nothing_stay_unmapped(variable: str, spelling: str) -> None:
    assert codes_of(variable).find(spelling) is None


def test_an_unknown_code_is_answered_with_near_spellings() -> None:
    with pytest.raises(UnknownCodeError, match="Did you mean PROSTATE"):
        codes_of("body_part").get("PROSTRATE")


def test_under_chest_lie_lung_and_breast_but_not_the_whole_trunk() -> None:
    chest = codes_of("body_part").descendants("CHEST")
    assert {"CHEST", "LUNG", "BREAST", "BREAST_LEFT"} <= chest
    assert chest.isdisjoint({"CHESTABDOMEN", "WHOLEBODY", "LIVER"})


def test_a_code_lies_under_each_of_its_parents() -> None:
    codes = code_list(A=(), B=(), C=("A", "B"), D=("C",))
    assert codes.descendants("A") == {"A", "C", "D"}
    assert codes.descendants("B") == {"B", "C", "D"}


def test_a_cycle_of_parents_is_refused() -> None:
    with pytest.raises(CohortError, match="lies under itself"):
        code_list(A=("B",), B=("A",))


def test_an_unknown_parent_is_refused() -> None:
    with pytest.raises(CohortError, match="'Z', which is not a code"):
        code_list(A=("Z",))


def test_one_spelling_of_two_codes_is_refused() -> None:
    with pytest.raises(CohortError, match="stands for both A and B"):
        CodeList({"A": Code("A", {"en": "a"}, synonyms=("x",)), "B": Code("B", {"en": "b"}, synonyms=(" X ",))})
