"""Signing in at the local issuer by a user or a role."""

from pathlib import Path

import pytest

from cli.errors import UserError
from cli.login import local_token
from cli.profile import Profile


@pytest.mark.parametrize("who", ["steward-1", "steward", "provider_steward", "committee", "access_committee"])
def test_a_role_stands_for_its_first_user(tmp_path: Path, who: str) -> None:
    for user in ("steward-1", "committee-1"):
        (tmp_path / user).write_text("secret")
    # Nothing listens there: the error tells that the user was found.
    profile = Profile(tmp_path / "p", {"issuer": "http://127.0.0.1:1", "issuer_secrets": str(tmp_path)})
    with pytest.raises(UserError, match="does not answer"):
        local_token(profile, who)
