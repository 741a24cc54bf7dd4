"""Files that only their owner may read."""

import json
import os
from collections.abc import Mapping
from pathlib import Path


def write_secret(path: Path, text: str) -> None:
    """Write a file with mode 0600, never readable by others in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)


def write_secrets(path: Path, secrets: Mapping[str, str]) -> None:
    """Write named secrets as JSON with mode 0600."""
    write_secret(path, json.dumps(dict(secrets), indent=2, sort_keys=True) + "\n")


def read_secrets(path: Path) -> dict[str, str]:
    """The secrets in a file, none when there is no file."""
    if not path.exists():
        return {}
    return {str(name): str(value) for name, value in json.loads(path.read_text()).items()}
