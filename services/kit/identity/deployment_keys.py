"""All keys of a deployment, made by one command: `oncordia admin keys init`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

from kit.identity import keys
from kit.identity.ca_key import CA_CERTIFICATE, CA_PRIVATE, init_ca
from kit.identity.log_key import DEFAULT_ORIGIN, init_log_key

# Who needs which: every service the handles, federation the CA, audit_log the log.
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "handles": (keys.SUBJECT, "actor-*.key", keys.VAULT_PUBLIC),
    "ca": (CA_PRIVATE, CA_CERTIFICATE),
    "log": (keys.LOG_PRIVATE, keys.LOG_PUBLIC, keys.VAULT_PRIVATE),
}


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


def secrets_of(directory: Path, prefix: str) -> list[dict[str, object]]:
    """The keys of the directory as Kubernetes Secrets: one for each group, so that a service is given no more."""
    files = sorted(path for path in directory.iterdir() if path.is_file())
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"{prefix}-{group}"},
            "type": "Opaque",
            "data": {
                path.name: base64.b64encode(path.read_bytes()).decode()
                for path in files
                if any(fnmatch(path.name, pattern) for pattern in patterns)
            },
        }
        for group, patterns in _GROUPS.items()
    ]
