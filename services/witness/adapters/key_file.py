"""The witness's signing key, a file in the text form of Go's note package, and beside it the verifier key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tlog.keys import KeyType, SignerKey
from witness.adapters.errors import DirectoryUnusable

PRIVATE: Final = "witness.key"
PUBLIC: Final = "witness.pub"
_SEED_BYTES: Final = 32


def has_key(directory: Path) -> bool:
    return (directory / PRIVATE).exists()


def new_key(name: str) -> SignerKey:
    """Of this name, kept nowhere yet. Raises FormatError for a name that can't be one."""
    return SignerKey(name, KeyType.COSIGNATURE, os.urandom(_SEED_BYTES))


def write_key(directory: Path, key: SignerKey) -> None:
    """Raises DirectoryUnusable where there is one."""
    _write_new(directory / PRIVATE, f"{key.to_text()}\n".encode(), 0o600)
    _write_new(directory / PUBLIC, f"{key.verifier()}\n".encode(), 0o644)


def read_key(directory: Path) -> SignerKey:
    """Raises DirectoryUnusable."""
    path = directory / PRIVATE
    try:
        key = SignerKey.parse(path.read_text("utf-8").strip())
    except FileNotFoundError:
        raise DirectoryUnusable(
            f"there is no {path}; `init` makes a new witness, or restore the directory of yours"
        ) from None
    except (OSError, ValueError) as error:
        raise DirectoryUnusable(f"the key {path} can't be read: {error}; restore it") from None
    if key.type is not KeyType.COSIGNATURE:
        raise DirectoryUnusable(f"{path} is no cosignature key; is it the key of a log?")
    return key


def _write_new(path: Path, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise DirectoryUnusable(f"{path} is there already, and a key is never overwritten") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
