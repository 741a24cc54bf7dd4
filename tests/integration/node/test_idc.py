"""The real index of the Imaging Data Commons: before protection the sums are the package's own."""

from __future__ import annotations

from pathlib import Path

import duckdb
import idc_index_data
import pytest

from node.adapters.index.mapping_file import read_mapping
from node.domain.counts import Counts
from tests.integration.node.provider import POLICY, Provider

DEMO = Path(__file__).parents[3] / "services/stack/demo"
IDC = Path(str(idc_index_data.IDC_INDEX_PARQUET_FILEPATH))


@pytest.fixture(scope="module")
def idc(tmp_path_factory: pytest.TempPathFactory) -> Provider:
    """One node that holds all 179 collections, as the demo's eight do together."""
    provider = Provider.create(tmp_path_factory.mktemp("idc"), POLICY, (DEMO / "mapping.yaml").read_text())
    source = provider.node.settings.source_path
    source.mkdir()
    collections = IDC.with_name("collections_index.parquet")
    query = (
        "SELECT i.*, c.cancer_types, c.tumor_locations"  # noqa: S608
        f" FROM read_parquet('{IDC}') i LEFT JOIN read_parquet('{collections}') c USING (collection_id)"
    )
    duckdb.execute(f"COPY ({query}) TO '{source / 'idc.parquet'}' (FORMAT parquet)")
    provider.node.ingest(read_mapping(DEMO / "mapping.yaml", provider.node.model), source)
    return provider


def test_nothing_is_lost_or_doubled(idc: Provider) -> None:
    current = idc.node.snapshots.current()
    assert current is not None
    assert current[1].totals == Counts(subjects=86_451, studies=168_507, series=1_044_191)
    assert current[1].shared_studies == 1
    assert idc.true_counts("series_count >= 1") == (86_451, 168_507, 1_044_191)


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ("modality = CT", "Modality = 'CT'"),
        ("modality != CT", "Modality NOT IN ('CT', 'FUSION')"),
        ("collection = nlst", "collection_id = 'nlst'"),
        (
            "modality = MR AND subject(modality = SEG)",
            "Modality = 'MR' AND (collection_id, PatientID) IN"
            " (SELECT (collection_id, PatientID) FROM idc WHERE Modality = 'SEG')",
        ),
        (
            "NOT study(modality = SEG) AND modality = CT",
            "Modality = 'CT' AND StudyInstanceUID NOT IN (SELECT StudyInstanceUID FROM idc WHERE Modality = 'SEG')",
        ),
    ],
)
def test_counts_are_those_of_the_raw_table(idc: Provider, question: str, where: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW idc AS FROM read_parquet('{IDC}')")
        raw = connection.execute(
            "SELECT count(DISTINCT (collection_id, PatientID)), count(DISTINCT StudyInstanceUID), count(*)"  # noqa: S608
            f" FROM idc WHERE {where}"
        ).fetchone()
    assert idc.true_counts(question) == raw


def test_mess_in_real_data_stays_unmapped_and_visible(idc: Provider) -> None:
    current = idc.node.snapshots.current()
    assert current is not None
    unmapped = {v.variable: {u.value: u.rows for u in v.unmapped} for v in current[1].variables}
    assert {"6657": 8, "0000": 85}.items() <= unmapped["sex"].items()
    assert unmapped["age_at_study"]["000Y"] == 10_622
    assert "066Y" not in unmapped["age_at_study"]
    assert idc.true_counts("age_at_study = 66")[2] >= 14_854
