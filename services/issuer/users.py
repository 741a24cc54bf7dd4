"""Who can get a token: users of invented organisations, from a YAML file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NewType

import yaml

from kit.identity.caller import Role

UserId = NewType("UserId", str)

USERS_FILE = Path(__file__).with_name("users.yaml")


class UsersFileError(ValueError):
    """The users file can't be used. The text names the entry and what would be right."""


@dataclass(frozen=True)
class User:
    """One who can get a token."""

    id: UserId
    organisation: str
    country: str
    """ISO 3166-1 alpha-2."""
    roles: tuple[Role, ...]


@dataclass(frozen=True)
class Users:
    """All users, and the names that they can be asked for by."""

    by_id: Mapping[UserId, User]
    aliases: Mapping[str, UserId]

    def find(self, client_id: str) -> User | None:
        """By id, by alias, or the first who has the role of that name."""
        user = self.by_id.get(self.aliases.get(client_id, UserId(client_id)))
        if user is not None:
            return user
        return next((u for u in self.by_id.values() if client_id in u.roles), None)


def load_users(path: Path = USERS_FILE) -> Users:
    """Read the users file. Raises UsersFileError."""
    content = yaml.safe_load(path.read_text())
    if not isinstance(content, dict) or not isinstance(content.get("users"), list):
        raise UsersFileError(f"{path}: expected a list under `users`")
    by_id: dict[UserId, User] = {}
    for number, entry in enumerate(content["users"], 1):
        user = _user(entry, f"{path}: user {number}")
        if user.id in by_id:
            raise UsersFileError(f"{path}: the id {user.id} is given twice; ids must differ")
        by_id[user.id] = user
    aliases = {str(alias): UserId(str(target)) for alias, target in (content.get("aliases") or {}).items()}
    for alias, target in aliases.items():
        if target not in by_id:
            raise UsersFileError(f"{path}: the alias {alias} stands for {target}, which is no user")
    return Users(by_id, aliases)


def _user(entry: object, where: str) -> User:
    if not isinstance(entry, dict):
        raise UsersFileError(f"{where}: expected id, organisation, country and roles")
    missing = [name for name in ("id", "organisation", "country", "roles") if not entry.get(name)]
    if missing:
        raise UsersFileError(f"{where}: {missing[0]} is missing")
    # The id names a file below, so it must not lead anywhere else.
    if not str(entry["id"]).replace("-", "").replace("_", "").isalnum():
        raise UsersFileError(f"{where}: id has characters other than letters, digits, `-` and `_`")
    try:
        roles = tuple(Role(role) for role in entry["roles"])
    except ValueError as error:
        raise UsersFileError(f"{where}: roles: {error}; use {', '.join(Role)}") from None
    return User(UserId(str(entry["id"])), str(entry["organisation"]), str(entry["country"]), roles)
