"""All keys of a deployment, made by one command: `oncordia admin keys init`."""

from __future__ import annotations

from pathlib import Path

from kit.identity import keys
from kit.identity.ca_key import CA_PRIVATE, init_ca
from kit.identity.log_key import DEFAULT_ORIGIN, init_log_key


def init_keys(directory: Path, year: int, origin: str = DEFAULT_ORIGIN) -> list[str]:
    """Makes the keys that are missing, with actor keys for `year` and the next. Returns the names of those it made."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = {
        CA_PRIVATE: init_ca(directory),
        keys.LOG_PRIVATE: init_log_key(directory, origin),
        keys.VAULT_PRIVATE: keys.init_vault_key(directory),
        keys.SUBJECT: keys.write_new(directory, keys.SUBJECT, keys.random_key()),
    }
    for each in (year, year + 1):
        name = keys.actor_key_name(each)
        made[name] = keys.write_new(directory, name, keys.random_key())
    return [name for name, new in made.items() if new]
