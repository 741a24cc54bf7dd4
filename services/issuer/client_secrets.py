"""The secret of each user: a file of its own, made at the first start, readable by its owner alone."""

import hmac
import secrets
from pathlib import Path

from issuer.users import UserId, Users
from kit.identity.keys import write_new


class ClientSecrets:
    """The secrets below one directory, `<directory>/<user id>`."""

    def __init__(self, directory: Path, users: Users) -> None:
        """Makes the secrets that are missing."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for user in users.by_id:
            write_new(directory, user, secrets.token_urlsafe(32).encode())
        self._secrets = {user: (directory / user).read_bytes().strip() for user in users.by_id}

    def holds(self, user: UserId, secret: str) -> bool:
        """Whether it is the user's secret; takes the same time whatever is wrong."""
        return hmac.compare_digest(self._secrets[user], secret.encode())
