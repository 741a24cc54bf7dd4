"""The index on disk: what it finds, and that what comes later does not shift a hit."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogue.adapters.index_files import DamagedIndex, IndexFiles
from catalogue.adapters.search_index import search_in
from catalogue.application.ports import Entry
from catalogue.domain.data_set import Content, DataSet, Origin, State
from catalogue.domain.names import ProviderName, name_of
from catalogue.domain.provider import Provider
from catalogue.domain.search import Facet, Found, Position, Search

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CATALOGUE = UUID(int=1)
PROVIDER = Provider(ProviderName("providers/ghent"), "Ghent University Hospital", "BE", "o", "e1")
WORDS = st.sampled_from(["lung", "liver", "scan", "screening", "cohort"])


def entry(id_: str, revision: int, title: str, state: State = State.ACTIVE, **more: Any) -> Entry:
    content = Content(title, **more)
    name = name_of(PROVIDER.name, id_)
    return Entry(DataSet(name, content, Origin.NODE, state, "e1", NOW, NOW, revision), PROVIDER)


@pytest.fixture
def files(tmp_path: Path) -> IndexFiles:
    result = IndexFiles(tmp_path / "search")
    result.begin_anew(CATALOGUE)
    return result


def found(files: IndexFiles, words: str, after: Position | None = None, size: int = 100) -> Found:
    assert files.index is not None
    return search_in(files.index, Search(words), after, size)


def ids(found_: Found) -> list[str]:
    return [hit.name.partition(".")[2] for hit in found_.hits]


def test_a_title_counts_more_than_a_code_and_that_more_than_a_description(files: IndexFiles) -> None:
    files.apply(
        [
            entry("text", 1, "A", description="of the Lungs"),
            entry("code", 2, "B", cancer_types=("LUAD",)),
            entry("title", 3, "Lung"),
        ]
    )
    assert ids(found(files, "lung")) == ["title", "code", "text"]


def test_a_retired_data_set_is_not_found(files: IndexFiles) -> None:
    files.apply([entry("a", 1, "Lung")])
    files.apply([entry("a", 2, "Lung", State.NOT_DESCRIBED)])
    assert found(files, "lung").total == 0


def test_an_index_of_another_catalogue_or_ahead_of_it_is_not_used(files: IndexFiles, tmp_path: Path) -> None:
    files.apply([entry("a", 7, "Lung")])
    again = IndexFiles(tmp_path / "search")
    assert again.open(CATALOGUE, 7)
    assert not again.open(CATALOGUE, 6)
    assert not again.open(uuid4(), 7)
    (tmp_path / "search" / "index.json").write_text("{")
    assert not again.open(CATALOGUE, 7)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=8), st.lists(st.tuples(WORDS, WORDS), max_size=4))
def test_pages_give_every_hit_once_while_others_come_in(
    tmp_path: Path, first: list[tuple[str, str]], later: list[tuple[str, str]]
) -> None:
    files = IndexFiles(tmp_path / uuid4().hex)
    files.begin_anew(CATALOGUE)
    files.apply([entry(f"a{n}", n + 1, t, description=d) for n, (t, d) in enumerate(first)])
    expected = ids(found(files, "lung"))
    page = found(files, "lung", size=1)
    seen = ids(page)
    files.apply([entry(f"b{n}", 100 + n, t, description=d) for n, (t, d) in enumerate(later)])
    while page.more:
        page = found(files, "lung", page.hits[-1], size=1)
        seen += ids(page)
    assert [i for i in seen if i.startswith("a")] == expected
    assert len(set(seen)) == len(seen)


def test_facets_of_one_value_each_add_up_to_the_total(files: IndexFiles) -> None:
    files.apply([entry(f"d{n}", n + 1, "Lung", modalities=("CT", "MR")) for n in range(5)])
    answer = found(files, "lung", size=2)
    assert (answer.total, answer.more) == (5, True)
    assert answer.facets[Facet.COUNTRY] == {"BE": 5}
    assert answer.facets[Facet.MODALITY] == {"CT": 5, "MR": 5}
    assert answer.facets[Facet.BODY_PART] == {}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_index_is_noticed_or_answers(tmp_path: Path, data: st.DataObject) -> None:
    home = tmp_path / uuid4().hex
    files = IndexFiles(home)
    files.begin_anew(CATALOGUE)
    files.apply([entry(f"d{n}", n + 1, "Lung scan", cancer_types=("LUAD",)) for n in range(3)])
    written = sorted(path for path in home.rglob("*") if path.is_file() and path.stat().st_size > 1)
    victim = written[data.draw(st.integers(0, len(written) - 1))]
    content = bytearray(victim.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    victim.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    again = IndexFiles(home)
    try:
        if again.open(CATALOGUE, 3):
            found(again, "lung")
    except DamagedIndex:
        return
