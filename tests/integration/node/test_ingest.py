"""Ingest: what sources become, and what is said when they are wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from node.domain.errors import MappingError, NodeError, SnapshotError, SourceError
from node.domain.snapshot import Lint, VariableLint
from tests.integration.node.ingesting import ingest
from tests.integration.node.provider import COLUMNS, MAPPING, POLICY, Provider, Row, hundred_people, write_parquet

ROOT = Path(__file__).parents[3]
MESS: list[Row] = [
    # A study whose series disagree on the age, and one series without a sex.
    ("c", "p1", "s1", "i1", "F", "CT", "050Y"),
    ("c", "p1", "s1", "i2", None, "SEG", "051Y"),
    # The same patient identifier in another collection is another person.
    ("d", "p1", "s2", "i3", "6657", "MR", "000Y"),
    ("d", "p1", "s2", "i3", "6657", "MR", "000Y"),
    # A person without images, in two rows.
    ("c", "p2", None, None, "M", None, "066Y"),
    ("c", "p2", "", None, "male", None, None),
    # A row that says something of a person with images.
    ("d", "p3", "s3", "i4", None, "CT", None),
    ("d", "p3", None, None, "F", None, None),
    # No subject; a series in no study.
    ("c", " ", "s4", "i5", "F", "CT", None),
    ("c", "p4", None, "i6", "F", "CT", None),
]


def variable(lint: Lint, name: str) -> VariableLint:
    return next(v for v in lint.variables if v.variable == name)


def test_every_row_finds_its_subject_study_and_series(tmp_path: Path) -> None:
    provider = Provider.create(tmp_path / "n")
    lint = ingest(provider, MESS).lint
    assert (lint.totals.subjects, lint.totals.studies, lint.totals.series) == (4, 3, 4)
    assert (lint.rows, lint.skipped_rows) == (5, 2)
    assert provider.true_counts('collection = "c"') == (2, 1, 2)


def test_series_inherit_what_is_known_of_their_study_and_subject(tmp_path: Path) -> None:
    provider = Provider.create(tmp_path / "n")
    ingest(provider, MESS)
    assert provider.true_counts("sex = F AND modality = SEG") == (1, 1, 1)
    assert provider.true_counts("sex = F") == (2, 2, 3)
    assert provider.true_counts("sex = M") == (1, 0, 0)
    assert provider.true_counts("age_at_study = 66") == (1, 0, 0)
    assert provider.true_counts("annotation_present = true AND series_count = 2") == (1, 1, 2)
    assert provider.true_counts("annotation_present = false") == (2, 2, 2)
    assert provider.true_counts("study(modality = SEG) AND modality = CT") == (1, 1, 1)


def test_values_that_conflict_and_spellings_without_a_code_are_unknown_and_shown_to_the_provider(
    tmp_path: Path,
) -> None:
    provider = Provider.create(tmp_path / "n")
    lint = ingest(provider, MESS).lint
    assert provider.true_counts("age_at_study > 0") == (1, 0, 0)
    assert variable(lint, "age_at_study").conflicting == 1
    assert [(u.value, u.rows) for u in variable(lint, "sex").unmapped] == [("6657", 2)]
    assert [(u.value, u.rows) for u in variable(lint, "age_at_study").unmapped] == [("000Y", 2)]
    current = provider.node.snapshots.current()
    assert current is not None
    assert current[0].coverage["sex"].mapped_percent == 80
    assert current[1] == lint


def test_a_csv_file_is_read_as_a_parquet_file_is(tmp_path: Path) -> None:
    provider = Provider.create(
        tmp_path / "n", mapping=MAPPING.replace("format: parquet", "format: csv").replace("*.parquet", "*.csv")
    )
    lines = [",".join(COLUMNS), *(",".join(cell or "" for cell in row) for row in MESS)]
    provider.node.settings.source_path.mkdir()
    (provider.node.settings.source_path / "data.csv").write_text("\n".join(lines) + "\n")
    assert ingest(provider).lint.totals.series == 4
    assert provider.true_counts("sex = F") == (2, 2, 3)


def test_several_sources_add_to_one_another(tmp_path: Path) -> None:
    clinical = """
  - format: csv
    path: clinical.csv
    collection: {value: c}
    subject: id
    variables:
      diagnosis_date: {column: diagnosed}
"""
    provider = Provider.create(tmp_path / "n", mapping=MAPPING + clinical.lstrip("\n"))
    provider.node.settings.source_path.mkdir()
    (provider.node.settings.source_path / "clinical.csv").write_text("id,diagnosed\np0,2020-05-01\nnew,2021-05-01\n")
    assert ingest(provider, hundred_people()).lint.totals.subjects == 101
    assert provider.true_counts("diagnosis_date < 2021-01-01") == (1, 1, 2)
    assert provider.true_counts("diagnosis_date >= 2021-01-01") == (1, 0, 0)


def _corrupt(folder: Path) -> None:
    file = folder / "data.parquet"
    file.write_bytes(file.read_bytes()[:-20])


def _garbled(folder: Path) -> None:
    file = folder / "data.parquet"
    content = bytearray(file.read_bytes())
    content[4:200] = os.urandom(196)
    file.write_bytes(content)


def _text(folder: Path) -> None:
    (folder / "data.parquet").write_text("not Parquet")


def _other_columns(folder: Path) -> None:
    write_parquet(folder / "data.parquet", [("c", "p")], ("collection", "patients"))


def _no_files(folder: Path) -> None:
    (folder / "data.parquet").unlink()


def _nothing_known(folder: Path) -> None:
    write_parquet(folder / "data.parquet", [("c", "p", "s", "i", "?", "?", "?")])


def _nobody(folder: Path) -> None:
    write_parquet(folder / "data.parquet", [("c", "", "s", "i", "F", "CT", "?")])


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (_corrupt, SourceError, "data.parquet can't be read as Parquet.*write it anew"),
        (_garbled, SourceError, "data.parquet can't be read as Parquet"),
        (_text, SourceError, "data.parquet can't be read as Parquet"),
        (_other_columns, MappingError, "data.parquet has no column 'patient'.*mapping.yaml.*Did you mean patients"),
        (_no_files, SourceError, r"sources\[0\].path: no file"),
        (_nothing_known, MappingError, "maps nothing: none of age_at_study, modality, sex"),
        (_nobody, SourceError, "no usable row"),
    ],
)
def test_a_source_that_is_wrong_is_named_and_the_old_snapshot_stays(
    provider: Provider, damage: object, error: type[NodeError], message: str
) -> None:
    assert callable(damage)
    damage(provider.node.settings.source_path)
    provider.clock.advance(timedelta(days=2))
    with pytest.raises(error, match=f"(?s){message}"):
        ingest(provider)
    assert provider.true_counts("modality = CT") == (100, 100, 100)
    assert sorted(p.name for p in (provider.folder / "snapshots").iterdir() if p.is_dir()) == [
        str(provider.node.snapshots.current_id())
    ]


_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from tests.integration.node.ingesting import ingest
from tests.integration.node.provider import FakeClock, Provider
from node.bootstrap import build
from node.domain.errors import NodeError
from node.settings import NodeSettings

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = Path(sys.argv[1])
clock = FakeClock()
provider = Provider(folder, clock, build(NodeSettings(data_dir=folder), clock))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    ingest(provider)
except NodeError as error:
    print(type(error).__name__, error)
"""


def test_a_full_disk_is_named_and_the_old_snapshot_stays(provider: Provider) -> None:
    """A limit on the size of files stands for the full disk: writes beyond it fail."""
    child = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(provider.folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert child.stdout.startswith(SnapshotError.__name__), child.stderr
    assert "old snapshot stays in use" in child.stdout
    provider.restart()
    assert provider.true_counts("modality = CT") == (100, 100, 100)


def test_two_ingests_at_once_do_not_mix(provider: Provider) -> None:
    with provider.node.snapshots.workspace(), pytest.raises(SnapshotError, match="another ingest"):
        ingest(provider)


def test_an_epoch_is_never_opened_while_the_ledger_is_lost(provider: Provider) -> None:
    (provider.folder / "ledger.sqlite").unlink()
    with pytest.raises(NodeError, match="ledger accept"):
        ingest(provider)


def test_a_declared_approximation_reaches_the_report(tmp_path: Path) -> None:
    provider = Provider.create(
        tmp_path / "n",
        POLICY,
        MAPPING.replace("read: dicom_age}", "read: dicom_age, approximate: ages are rounded to five years}"),
    )
    ingest(provider, hundred_people())
    [report] = provider.answered("age_at_study > 40").report
    assert report.reason == "age_at_study: ages are rounded to five years"
