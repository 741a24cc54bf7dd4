"""The `oncordia-node` command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from node.bootstrap import build
from node.entrypoints.commands import app, wiring
from tests.integration.node.provider import Provider, hundred_people, write_parquet


@pytest.fixture
def new_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Provider:
    provider = Provider.create(tmp_path / "node")
    write_parquet(provider.node.settings.source_path / "data.parquet", hundred_people())
    monkeypatch.setenv("ONCORDIA_DATA_DIR", str(provider.folder))
    return provider


def run(*arguments: str) -> Result:
    wiring.build = build
    return CliRunner().invoke(app, list(arguments))


def test_a_provider_ingests_and_sees_how_well_it_is_mapped(new_provider: Provider) -> None:
    done = run("ingest")
    assert done.exit_code == 0, done.output
    assert "100 subjects, 100 studies, 200 series" in done.output
    assert "is open" in done.output
    assert "100%" in run("lint").output
    lint = json.loads(run("lint", "--json").output)
    assert lint["totals"] == {"subjects": 100, "studies": 100, "series": 200}
    assert "trusted" in run("status").output


def test_a_mapping_can_be_tried_without_opening_an_epoch(new_provider: Provider) -> None:
    tried = run("lint", "--mapping", str(new_provider.folder / "mapping.yaml"))
    assert tried.exit_code == 0, tried.output
    assert "modality" in tried.output
    assert "epoch       none" in run("status").output


def test_a_dry_run_shows_the_plan_and_counts_charges_and_releases_nothing(new_provider: Provider) -> None:
    run("ingest")
    shown = run("count", "sex = F AND manufacturer = GE")
    assert "unsupported" in shown.output
    assert "no count would be given" in shown.output
    assert "site: ε 0 of 24" in run("ledger", "show").output


def test_people_withdraw_by_name_and_by_list(new_provider: Provider, tmp_path: Path) -> None:
    run("ingest")
    assert "1 withdrawn, 0 had been before" in run("withdraw", "p0").output
    listed = tmp_path / "withdrawn.csv"
    listed.write_text("p0\np1,c\np2,another\n")
    done = run("withdraw", "--list", str(listed))
    assert "2 withdrawn, 1 had been before" in done.output
    assert "1 of them match nobody" in done.output
    assert "argument 3" in done.output
    assert new_provider.true_counts("modality = CT") == (98, 98, 98)


def test_a_lost_ledger_is_shown_and_accepted_by_a_person(new_provider: Provider) -> None:
    run("ingest")
    (new_provider.folder / "ledger.sqlite").unlink()
    assert "NOT TRUSTED" in run("status").output
    assert "ledger accept" in run("ledger", "show").output
    assert run("ledger", "accept", "--yes").exit_code == 0
    assert "ledger      trusted" in run("status").output


def test_what_is_missing_is_named(new_provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "run `oncordia-node ingest`" in run("count", "sex = F").output
    wrong = run("ingest", "--mapping", "none.yaml")
    assert wrong.exit_code == 1
    assert "error: none.yaml: there is no such mapping file" in wrong.output
    monkeypatch.delenv("ONCORDIA_DATA_DIR")
    assert "ONCORDIA_DATA_DIR" in run("status").output
