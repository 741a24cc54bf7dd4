"""What is taken of a description, and what is told to be wrong with it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.names import DataSetName, ProviderName, provider_of
from catalogue.entrypoints.content import MOST_DATA_SETS, MOST_PROBLEMS, read_answer, read_content
from kit.errors import InvalidInput
from oncordia.border.v1 import description_pb2
from oncordia.catalogue.v1 import data_set_pb2

PROVIDER = ProviderName("providers/ghent")


def described(id_: str, title: str = "T", **more: Any) -> description_pb2.DataSetDescription:
    return description_pb2.DataSetDescription(id=id_, title=title, **more)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_title_is_taken_letter_by_letter_or_not_at_all(title: str) -> None:
    answer = read_answer(PROVIDER, [described("a", title)])
    name = DataSetName("dataSets/ghent.a")
    if name in answer.data_sets:
        assert answer.data_sets[name].title == title.strip()
        assert not answer.problems
    else:
        assert answer.unreadable == {name}
        assert answer.problems[0].startswith("a: title: ")


@given(st.lists(st.builds(described, st.text(max_size=8)), max_size=8))
def test_every_data_set_is_taken_or_told_of(given_: list[description_pb2.DataSetDescription]) -> None:
    answer = read_answer(PROVIDER, given_)
    assert len(answer.data_sets) + len(answer.problems) == len(given_)
    assert all(provider_of(name) == PROVIDER for name in answer.data_sets)


def test_unknown_codes_are_left_out_and_told() -> None:
    answer = read_answer(PROVIDER, [described("a", modalities=["MR", "ct", "XX"])])
    assert answer.data_sets[DataSetName("dataSets/ghent.a")].modalities == ("CT", "MR")
    assert answer.problems[0].startswith("a: modalities: 'XX' is not a code")


def test_an_answer_without_end_is_cut() -> None:
    answer = read_answer(PROVIDER, [described(f"d{i}", "") for i in range(MOST_DATA_SETS + 1)])
    assert not answer.data_sets
    assert len(answer.problems) == MOST_PROBLEMS + 1
    assert DataSetName(f"dataSets/ghent.d{MOST_DATA_SETS}") in answer.unreadable


def test_only_the_named_fields_of_an_update_must_be_right() -> None:
    given_ = data_set_pb2.DataSet(subjects=5)
    assert read_content(given_, ["subjects"]).subjects == 5
    with pytest.raises(InvalidInput, match=r"data_set\.title"):
        read_content(given_)
