"""What the commands say of people who asked to be forgotten."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console
from typer.testing import CliRunner

from cli.audit import app
from cli.audit.people import erasures_table, restriction_words, state_words
from oncordia.audit.v1 import erasure_pb2, identity_pb2

NAME = "erasures/0b0e4b0c-6f3c-4c1e-9a63-6dd0e1bd9c10"


def erasure(state: erasure_pb2.Erasure.State.ValueType, **fields: object) -> erasure_pb2.Erasure:
    found = erasure_pb2.Erasure(name=NAME, state=state, **fields)  # type: ignore[arg-type]  # the fields of each test
    found.request_time.FromDatetime(datetime(2026, 5, 4, tzinfo=UTC))
    if state == erasure_pb2.Erasure.STATE_RESTRICTED:
        found.restricted_until.FromDatetime(datetime(2030, 1, 1, tzinfo=UTC))
    else:
        found.erase_time.FromDatetime(datetime(2030, 1, 2, tzinfo=UTC))
    return found


def test_a_restriction_says_until_when_and_for_what() -> None:
    identity = identity_pb2.Identity(erasure=NAME)
    identity.restricted_until.FromDatetime(datetime(2030, 1, 1, tzinfo=UTC))
    words = restriction_words(identity)
    assert "RESTRICTED until 2030-01-01" in words
    assert NAME in words
    assert "article 18" in words


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (erasure_pb2.Erasure.STATE_RESTRICTED, "restricted until 2030-01-01"),
        (erasure_pb2.Erasure.STATE_ERASING, "forgotten on 2030-01-02, services yet to confirm"),
        (erasure_pb2.Erasure.STATE_ERASED, "forgotten on 2030-01-02"),
    ],
)
def test_each_state_is_told_in_words(state: erasure_pb2.Erasure.State.ValueType, words: str) -> None:
    assert state_words(erasure(state)) == words


def test_the_table_names_who_has_confirmed_and_who_has_not() -> None:
    shown = StringIO()
    one = erasure(erasure_pb2.Erasure.STATE_ERASING, confirmed=["audit_log", "catalogue"], awaited=["query_broker"])
    Console(file=shown, width=200).print(erasures_table([one]))
    assert "audit_log, catalogue" in shown.getvalue()
    assert "query_broker" in shown.getvalue()


@pytest.mark.parametrize("options", [[], ["--actor", "a" * 64, "--issuer", "https://issuer.example"]])
def test_a_person_is_named_in_exactly_one_way(options: list[str]) -> None:
    done = CliRunner().invoke(app, ["erase", "--yes", *options])
    assert done.exit_code == 1
    assert "--actor or --issuer" in done.output


def test_nobody_is_forgotten_without_being_asked_twice() -> None:
    done = CliRunner().invoke(app, ["erase", "--actor", "a" * 64], input="n\n")
    assert done.exit_code == 1
    assert "can't be remembered again" in done.output
