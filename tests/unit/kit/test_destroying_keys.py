"""Keys whose time is over."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kit.errors import FailedPrecondition
from kit.identity import keys
from kit.identity.deployment_keys import init_keys
from kit.identity.handles import Handles

OLD, NEW = datetime(2026, 5, 4, tzinfo=UTC), datetime(2027, 5, 4, tzinfo=UTC)


def test_a_destroyed_key_is_gone_also_for_who_has_used_it(tmp_path: Path) -> None:
    init_keys(tmp_path, 2026)
    handles = Handles(tmp_path)
    assert handles.actor("s", OLD) != handles.actor("s", NEW)
    assert handles.actor("s", OLD) == Handles(tmp_path).actor("s", OLD)
    assert keys.destroy(tmp_path, keys.actor_key_name(2026))
    with pytest.raises(FailedPrecondition, match=r"actor-2026\.key"):
        handles.actor("s", OLD)
    assert handles.actor("s", NEW)
    assert not keys.destroy(tmp_path, keys.actor_key_name(2026))


def test_a_destroyed_key_does_not_come_back_with_the_next_years(tmp_path: Path) -> None:
    init_keys(tmp_path, 2026)
    keys.destroy(tmp_path, keys.actor_key_name(2026))
    init_keys(tmp_path, 2027)
    assert not (tmp_path / keys.actor_key_name(2026)).exists()
