"""The deployment's own keys, as files in one directory. A missing one stops the start, by its name."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from nacl.public import PrivateKey

from kit.durable import sync_folder
from kit.errors import FailedPrecondition

SUBJECT = "subject.key"
VAULT_PRIVATE = "vault.key"
VAULT_PUBLIC = "vault.pub"
LOG_PRIVATE = "log.key"
LOG_PUBLIC = "log.pub"


def actor_key_name(year: int) -> str:
    """The file of a calendar year's actor key."""
    return f"actor-{year}.key"


def read(directory: Path, name: str) -> bytes:
    """The content of a key file. Raises FailedPrecondition naming the file and what makes it."""
    try:
        return (directory / name).read_bytes()
    except FileNotFoundError:
        raise FailedPrecondition(
            "KEY_MISSING", f"the key {name} is not in {directory}; `oncordia admin keys init` makes the keys"
        ) from None


def write_new(directory: Path, name: str, content: bytes) -> bool:
    """Writes a key file, readable by its owner alone. Leaves one that is there alone and returns False."""
    try:
        descriptor = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return True


def destroy(directory: Path, name: str) -> bool:
    """Deletes a key file; the deletion is on the disk when it returns. False if it was not there. Raises OSError.

    It is not overwritten: flash disks and most file systems of now write elsewhere, so that would change nothing.
    """
    try:
        (directory / name).unlink()
    except FileNotFoundError:
        return False
    sync_folder(directory)
    return True


def random_key() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(32)


def init_vault_key(directory: Path) -> bool:
    """Makes the vault's X25519 key pair (vault.key, vault.pub; 32 raw bytes each). False if it is there already."""
    key = PrivateKey.generate()
    made = write_new(directory, VAULT_PRIVATE, bytes(key))
    if not made:
        key = PrivateKey(read(directory, VAULT_PRIVATE))
    write_new(directory, VAULT_PUBLIC, bytes(key.public_key))
    return made
