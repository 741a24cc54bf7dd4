"""What the log has signed: a checkpoint, and what must hold between it and the database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kit.errors import FailedPrecondition
from tlog.hashing import Hash
from tlog.tree import Frontier


@dataclass(frozen=True, slots=True)
class Published:
    """A signed checkpoint: size and root of its tree, and the note."""

    size: int
    root: Hash
    note: bytes


class CheckpointFile(StrEnum):
    """The files of the directory that hold a checkpoint; the value is the name."""

    SERVED = "checkpoint"
    """For the world: the newest signed one, or with a witness policy the newest that met it."""
    SIGNED = "checkpoint.signed"
    """With a witness policy the newest signed one, so that a rollback of the database shows at once."""


def check_not_rolled_back(file: Published | None, stored: Published | None, tree: Frontier) -> None:
    """Raises FailedPrecondition if the database is older than a checkpoint that was written to a file."""
    if stored is not None and stored.size > tree.size:
        raise _contradicted(f"the database holds {tree.size} entries but has signed a tree of {stored.size}")
    if file is None:
        return
    if tree.size < file.size:
        raise _contradicted(f"the published checkpoint has {file.size} entries, the database holds {tree.size}")
    if stored is None or stored.size < file.size:
        known = stored.size if stored is not None else 0
        raise _contradicted(f"the published checkpoint has {file.size} entries, the database knows of {known} signed")
    if stored.size == file.size and stored.root != file.root:
        raise _contradicted(f"two different trees of {file.size} entries are signed")


def check_same_tree(of: str, size: int, expected: Hash, found: Hash) -> None:
    """Raises FailedPrecondition if what is stored has another root than what was signed."""
    if expected != found:
        raise _contradicted(f"{of} of {size} entries lead to another root than the one that was signed")


def _contradicted(what: str) -> FailedPrecondition:
    return FailedPrecondition(
        "LOG_CONTRADICTED",
        f"{what}. Going on would fork the log, so it does not start. "
        "Was the database or the data directory restored from an older backup? Restore both to the newest state",
    )
