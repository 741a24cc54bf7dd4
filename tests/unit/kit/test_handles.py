"""The keys of calendar years: what is missing is told long before it is needed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kit.errors import FailedPrecondition
from kit.identity import keys
from kit.identity.deployment_keys import init_keys
from kit.identity.handles import Handles

CHRISTMAS = datetime(2026, 12, 25, tzinfo=UTC)


def test_the_days_that_are_left_are_counted_to_the_first_year_without_a_key(tmp_path: Path) -> None:
    init_keys(tmp_path, 2026)
    handles = Handles(tmp_path)
    assert handles.days_left(CHRISTMAS) == 7 + 365
    (tmp_path / keys.actor_key_name(2027)).unlink()
    assert handles.days_left(CHRISTMAS) == 7
    init_keys(tmp_path, 2026)
    assert handles.days_left(CHRISTMAS) == 7 + 365


def test_a_year_without_a_key_has_no_days_left_and_no_handles(tmp_path: Path) -> None:
    init_keys(tmp_path, 2024)
    handles = Handles(tmp_path)
    assert handles.days_left(CHRISTMAS) == 0
    with pytest.raises(FailedPrecondition, match=r"actor-2026\.key"):
        handles.actor("a subject", CHRISTMAS)
