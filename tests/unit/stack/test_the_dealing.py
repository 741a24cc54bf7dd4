from pathlib import Path

import duckdb
import pytest

from stack.demo.deal import Figures, deal, figures_of, package
from stack.demo.providers import DemoProvider, load_providers


@pytest.fixture(scope="module")
def providers() -> tuple[DemoProvider, ...]:
    return load_providers()


def test_eight_providers_in_eight_countries_say_that_they_are_invented(providers: tuple[DemoProvider, ...]) -> None:
    assert len(providers) == len({p.country for p in providers}) == len({p.code for p in providers}) == 8
    assert all(p.name.endswith("(invented)") for p in providers)


def test_every_collection_of_the_package_is_dealt_exactly_once(providers: tuple[DemoProvider, ...]) -> None:
    dealt = sorted(collection for p in providers for collection in p.collections)
    rows = duckdb.execute(
        "SELECT DISTINCT collection_id FROM read_parquet($1) ORDER BY 1", [str(package().series)]
    ).fetchall()
    assert len(dealt) == 179
    assert dealt == [row[0] for row in rows]


def test_the_shares_add_up_to_the_package_and_keep_every_column(
    providers: tuple[DemoProvider, ...], tmp_path: Path
) -> None:
    shares = deal(package(), providers, lambda code: tmp_path / code / "series.parquet")
    whole = figures_of(package().series)
    assert whole == Figures(collections=179, subjects=86_362, studies=168_507, series=1_044_191)
    assert whole == Figures(
        collections=sum(f.collections for f in shares.values()),
        subjects=sum(f.subjects for f in shares.values()),
        studies=sum(f.studies for f in shares.values()),
        series=sum(f.series for f in shares.values()),
    )
    assert all(f.subjects > 1_000 and f.series > 10_000 for f in shares.values())
    leuven = tmp_path / "demo-leuven" / "series.parquet"
    assert columns_of(package().series) | {"cancer_types", "tumor_locations"} <= columns_of(leuven)
    undescribed = duckdb.execute(
        "SELECT count(*) FROM read_parquet($1) WHERE cancer_types IS NULL", [str(leuven)]
    ).fetchone()
    assert undescribed == (0,)
    assert [p.name for p in leuven.parent.iterdir()] == ["series.parquet"]


def columns_of(path: Path) -> set[str]:
    rows = duckdb.execute("DESCRIBE SELECT * FROM read_parquet($1)", [str(path)]).fetchall()
    return {row[0] for row in rows}
