"""Tells a full disk from other trouble with files."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node.domain.errors import DiskFullError

# A limit or a quota is no other to whoever wants to write.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# SQLite could not make room for the index of its write-ahead log.
_SQLITE_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}


@contextmanager
def naming_full_disk(folder: Path) -> Iterator[None]:
    """Raises DiskFullError in place of what Python and SQLite say when a write below the folder finds no room."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        if _is_full(error):
            raise DiskFullError(
                f"the disk of {folder} is full; free space there, and the node goes on by itself"
            ) from error
        raise


def _is_full(error: sqlite3.Error | OSError) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    return getattr(error, "sqlite_errorcode", None) in _SQLITE_FULL
