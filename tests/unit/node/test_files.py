"""Mapping and policy files: every mistake is named with its file and field."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from cohort.model_file import data_model
from node.adapters.files.policy_file import read_policy
from node.adapters.index.mapping_file import read_mapping
from node.domain.errors import MappingError, PolicyError

MODEL = data_model()
DEMO = Path(__file__).parents[3] / "services/stack/demo"
GOOD = """
sources:
  - format: parquet
    path: "*.parquet"
    collection: {value: local}
    subject: patient
    study: study
    series: series
    variables:
      sex: {column: sex, codes: {W: F}}
"""


def mapping_of(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text(text)
    read_mapping(file, MODEL)


@pytest.mark.parametrize("name", ["mapping.yaml", "mapping-lean.yaml"])
def test_the_demos_mapping_files_are_right(name: str) -> None:
    assert "modality" in read_mapping(DEMO / name, MODEL).variables()


@pytest.mark.parametrize(
    ("change", "to", "message"),
    [
        ("sources:", "source:", "unknown field 'source'.*Did you mean sources"),
        ("parquet\n", "excel\n", r"sources\[0\].format must be one of parquet, csv, dicom"),
        ("study: study", "", r"sources\[0\].study is missing"),
        ("sex: {column", "gender: {column", "no variable 'gender'"),
        ("sex: {column", "series_count: {column", "works it out from the identifiers"),
        ("W: F", "W: X", r"sources\[0\].variables.sex.codes.W: 'X' is not a code"),
        ("{column: sex,", "{", "neither column nor value"),
        ("{column: sex,", "{column: sex, value: F,", "both column and value"),
        ("{column: sex,", "{column: sex, read: dicom_age,", "sex is of type code; write code"),
        ("format: parquet", "format: dicom", "patient is not a DICOM keyword"),
        ("  - format", "  - [format", "is not YAML"),
    ],
)
def test_a_mistake_in_a_mapping_file_is_named(tmp_path: Path, change: str, to: str, message: str) -> None:
    mapping_of(tmp_path, GOOD)
    with pytest.raises(MappingError, match=f"(?s)mapping.yaml: .*{message}"):
        mapping_of(tmp_path, GOOD.replace(change, to, 1))


def test_a_missing_mapping_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="no such mapping file"):
        read_mapping(tmp_path / "none.yaml", MODEL)


def test_a_policy_file_sets_what_it_names_and_leaves_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("epsilon_per_count: 0.2\nminimum_count: 20\n")
    policy = read_policy(file)
    assert policy.rules.epsilon_per_count == Decimal("0.2")
    assert (policy.rules.minimum_count, policy.rules.rounding) == (20, 5)
    assert read_policy(tmp_path / "none.yaml") == type(policy)()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epsilon: 1", "epsilon"),
        ("minimum_count: many", "minimum_count"),
        ("rounding: 0", "rounding is 0; it must be at least 1"),
        ("organisation_budget: 20", "more than a quarter of site_budget"),
        ("[1", "YAML"),
    ],
)
def test_a_mistake_in_a_policy_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    with pytest.raises(PolicyError, match=f"policy.yaml: .*{message}"):
        read_policy(file)
