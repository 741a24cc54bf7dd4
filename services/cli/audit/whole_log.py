"""Verification of a whole log from its files alone, with no trust in who serves them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from cli.audit import memory
from cli.audit.log_source import LogSource, log_source
from cli.audit.memory import Verified
from cli.audit.trust import Trust
from cli.audit.walking import with_progress
from cli.errors import UserError
from tlog.checkpoint import Checkpoint
from tlog.errors import VerificationError
from tlog.keys import VerifierKey
from tlog.note import Note
from tlog.proofs import consistency_proof
from tlog.signing import SignedCheckpoint, verify_checkpoint
from tlog.verify import verify_consistency
from tlog.walk import Walk, Walked

_SAVE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What to verify, and with which keys. `seen`: checkpoints of the log that somebody was shown before."""

    where: str
    log: VerifierKey
    trust: Trust
    seen: tuple[Path, ...]
    state: Path
    afresh: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """What holds. `since`: entries that were verified before; `earlier`: the older checkpoints that it continues."""

    signed: SignedCheckpoint
    since: int
    earlier: tuple[Checkpoint, ...]
    walked: Walked

    @property
    def complete(self) -> bool:
        """Whether every producer's numbers are there, each once."""
        return not self.walked.repeats and not any(seen.gaps() for seen in self.walked.numbers.values())


def verify_log(asked: Asked, console: Console) -> Findings:
    """Verifies, and remembers it in the state file, now and then also how far it came.

    Raises UserError for what is missing, and VerificationError or FormatError for what contradicts.
    """
    source = log_source(asked.where)
    note = Note.parse(source.read_checkpoint())
    signed = verify_checkpoint(note, asked.log, asked.trust.keys)
    before = memory.load(asked.state, asked.log)
    older = [verify_checkpoint(one, asked.log).checkpoint for one in _older(before, asked.seen)]
    for one in older:
        _check_not_newer(one, signed.checkpoint)
    since = Walked() if asked.afresh else before.walked
    walk = Walk(source, signed.checkpoint.size, since)
    for walked in _now_and_then(walk, since.frontier.size, signed.checkpoint.size, console):
        memory.save(asked.state, asked.log, replace(before, walked=walked))
    check_root(walk, signed.checkpoint)
    for one in older:
        _check_continued(one, signed.checkpoint, source)
    memory.save(asked.state, asked.log, Verified(note, walk.walked))
    return Findings(signed, since.frontier.size, tuple(older), walk.walked)


def check_root(walk: Walk, signed: Checkpoint) -> None:
    """Raises VerificationError unless the entries of a finished walk are those that were signed."""
    if walk.walked.frontier.root() != signed.root:
        raise VerificationError(f"the {signed.size:,} entries lead to another root than the one that was signed")


def _older(before: Verified, seen: Sequence[Path]) -> Iterator[Note]:
    if before.checkpoint is not None:
        yield before.checkpoint
    for path in seen:
        try:
            yield Note.parse(path.read_bytes())
        except OSError as error:
            raise UserError(f"{path} can't be read: {error.strerror}") from None


def _check_not_newer(older: Checkpoint, newest: Checkpoint) -> None:
    if older.size > newest.size:
        raise VerificationError(
            f"the log has {newest.size:,} entries, and a checkpoint of {older.size:,} was seen before: it was rolled "
            "back, or this is an old copy of it"
        )


def _check_continued(older: Checkpoint, newest: Checkpoint, source: LogSource) -> None:
    if older.size == 0:
        return
    try:
        verify_consistency(
            old_size=older.size,
            old_root=older.root,
            new_size=newest.size,
            new_root=newest.root,
            proof=consistency_proof(older.size, newest.size, source),
        )
    except VerificationError:
        raise VerificationError(
            f"the log forked: it signed a tree of {older.size:,} entries that is not the beginning of that of "
            f"{newest.size:,}. Keep both checkpoints; together they prove it to anybody"
        ) from None


def _now_and_then(walk: Walk, start: int, size: int, console: Console) -> Iterator[Walked]:
    """Walks under a progress bar, and gives what is walked every few seconds."""
    saved = time.monotonic()
    for _ in with_progress(walk, "verifying", size, console, start):
        if time.monotonic() - saved > _SAVE_SECONDS:
            yield walk.walked
            saved = time.monotonic()
