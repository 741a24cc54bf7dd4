"""Keeps the node's own log: acts become entries, entries become tiles, and a signed checkpoint vouches for them.

An entry gets its place only while the hub is there and has said how far it knows the log. So a log that was put back
from a copy is noticed before anything is written into it, and a new one is begun.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping
from typing import Protocol

from kit.events.node_log import NodeActor, body_of, event_id_of, producer_of
from kit.events.outcome import Outcome
from kit.telemetry.log import logger
from node.domain.act import Act
from node.domain.node_log import LogAtHub, LogEntry, LogId, NodeLog
from tlog.checkpoint import Checkpoint
from tlog.errors import TlogError
from tlog.growth import grown_files
from tlog.hashing import Hash, leaf_hashes
from tlog.keys import SignerKey
from tlog.note import Note
from tlog.reader import LogReader
from tlog.record import SALT_SIZE, Salt, record_of
from tlog.signing import sign, verify_checkpoint
from tlog.subtrees import Range, read_frontier, read_range
from tlog.tiles import Bundle, Tile
from tlog.tree import Frontier

_log = logger(__name__)

_AT_ONCE = 1_000


class LogBook(Protocol):
    """Acts and entries on disk, synced when a call returns."""

    def newest(self) -> NodeLog | None: ...

    def begin(self, log: LogId, provider: str, first: LogEntry) -> None:
        """Begins a log, which is the newest from now on."""

    def has_waiting(self) -> bool:
        """Whether acts wait to become entries."""
        ...

    def take(self, log: LogId, entry: Callable[[int, Act], LogEntry], most: int) -> int:
        """Makes entries of acts that wait, oldest first, at most so many, if the log is the newest; how many."""
        ...

    def entries(self, log: LogId, after: int, most: int) -> list[LogEntry]:
        """Entries with a number above `after`, in order, at most so many."""
        ...


class Directory(LogReader, Protocol):
    """A log's tiles, bundles and checkpoint."""

    def write(self, files: Mapping[Tile | Bundle, bytes]) -> None: ...

    def drop_partials(self, files: Mapping[Tile | Bundle, bytes]) -> None: ...

    def read_checkpoint(self) -> bytes | None: ...

    def write_checkpoint(self, note: bytes) -> None: ...


class LogFiles(Protocol):
    """The files of all logs."""

    def of(self, log: LogId) -> Directory: ...

    def make_key(self, log: LogId, producer: str) -> SignerKey:
        """A new log's key."""
        ...

    def key(self, log: LogId) -> SignerKey | None:
        """The key that signs the log's checkpoints; None where it is gone."""
        ...


Begun = Callable[[str, NodeLog | None], Act]
"""The first act of a log, out of its verifier key and the log that it replaces."""


class KeepLog:
    """One in a process."""

    def __init__(self, book: LogBook, files: LogFiles, begun: Begun) -> None:
        self._book = book
        self._files = files
        self._begun = begun
        self._actor: NodeActor | None = None
        self._published: NodeLog | None = None

    def newest(self) -> NodeLog | None:
        """The log in use; None before the first."""
        return self._book.newest()

    def meet(self, actor: NodeActor, at_hub: LogAtHub | None) -> int:
        """From now on acts are those of this actor. Returns how many entries of the log in use the hub has.

        Begins a log where there is none, and where the one that is there is not the one that the hub knows.
        """
        self._actor = actor
        found = self._book.newest()
        if found is None:
            self._begin(actor, None)
            return 0
        wrong = self._wrong(found, actor, at_hub)
        if wrong is not None:
            _log.error("a new log is begun", because=wrong, log=found.id, entries=found.entries)
            self._begin(actor, found)
            return 0
        return at_hub.entries if at_hub is not None and at_hub.log == found.id else 0

    def seal(self) -> int:
        """Makes entries of the acts that wait, and publishes them. Returns how many entries the log has.

        Nothing is made before the first `meet`.
        """
        found = self._book.newest()
        actor = self._actor
        if found is None or actor is None:
            return 0
        producer = producer_of(found.provider, found.id)
        while self._book.has_waiting():
            self._book.take(found.id, lambda number, act: _entry(actor, producer, number, act), _AT_ONCE)
            found = self._book.newest() or found
        self._publish(found)
        return found.entries

    def entries(self, after: int, most: int) -> list[LogEntry]:
        """Of the log in use, those with a number above `after`, in order."""
        found = self._book.newest()
        return [] if found is None else self._book.entries(found.id, after, most)

    def _wrong(self, found: NodeLog, actor: NodeActor, at_hub: LogAtHub | None) -> str | None:
        if found.provider != actor.provider:
            return f"the log is that of {found.provider}, and the node is {actor.provider}'s now"
        key = self._files.key(found.id)
        if key is None:
            return "the key that signs it is gone"
        signed = self._checkpoint(found, key)
        if signed is not None and signed.size > found.entries:
            return "more entries were signed than the journal has: it was put back from a copy"
        if at_hub is None or at_hub.log != found.id:
            return None
        if at_hub.entries > found.entries:
            return f"the hub has {at_hub.entries} entries of it: the node was put back from a copy"
        self._publish(found)
        if at_hub.entries and self._root(found, at_hub.entries) != at_hub.root:
            return f"its first {at_hub.entries} entries are not those that the hub has"
        return None

    def _begin(self, actor: NodeActor, replaces: NodeLog | None) -> None:
        log = LogId(uuid.uuid4().hex)
        producer = producer_of(actor.provider, log)
        act = self._begun(str(self._files.make_key(log, producer).verifier()), replaces)
        self._book.begin(log, actor.provider, _entry(actor, producer, 1, act))
        self._publish(NodeLog(log, actor.provider, 1))

    def _checkpoint(self, log: NodeLog, key: SignerKey) -> Checkpoint | None:
        """The newest that was signed; None where there is none that can be read."""
        note = self._files.of(log.id).read_checkpoint()
        if note is None:
            return None
        try:
            return verify_checkpoint(Note.parse(note), key.verifier()).checkpoint
        except TlogError as error:
            _log.warning("the checkpoint of the node's log can't be read and is made anew", error=str(error))
            return None

    def _root(self, log: NodeLog, entries: int) -> Hash:
        """The root over the first entries of a published log."""
        return read_range(Range(0, entries), log.entries, self._files.of(log.id))

    def _publish(self, log: NodeLog) -> None:
        """Tiles of all entries, then the checkpoint. What a crash or a loss of files left out is made again."""
        if log == self._published:
            return
        key = self._files.key(log.id)
        if key is None:
            return
        files, signed = self._files.of(log.id), self._checkpoint(log, key)
        frontier = (_frontier(files, signed) if signed is not None else None) or Frontier()
        if signed is None or frontier.size != log.entries:
            while frontier.size < log.entries:
                frontier = self._grow(log, files, frontier)
            checkpoint = Checkpoint(key.name, frontier.size, frontier.root())
            files.write_checkpoint(sign(checkpoint.text, key).encode())
        self._published = log

    def _grow(self, log: NodeLog, files: Directory, frontier: Frontier) -> Frontier:
        size = frontier.size
        leaves = [entry.leaf for entry in self._book.entries(log.id, size, _AT_ONCE)][: log.entries - size]
        hashes = leaf_hashes(leaves)
        grown = grown_files(size, leaves, hashes, files)
        files.write(grown)
        files.drop_partials(grown)
        return frontier.appended(hashes)


def _frontier(files: Directory, signed: Checkpoint) -> Frontier | None:
    """The right edge of what was signed; None where the tiles are gone or changed, so that all are made again."""
    try:
        frontier = read_frontier(signed.size, files)
    except (OSError, TlogError) as error:
        _log.warning("tiles of the node's log can't be read and are made anew", error=str(error))
        return None
    return frontier if frontier.root() == signed.root else None


def _entry(actor: NodeActor, producer: str, number: int, act: Act) -> LogEntry:
    salt = Salt(os.urandom(SALT_SIZE))
    body = body_of(
        actor,
        producer,
        number,
        time=act.time,
        type_=act.type,
        resource=act.resource or actor.provider,
        purpose=act.purpose,
        outcome=Outcome(act.outcome),
        traceparent=act.traceparent,
        payload=act.payload,
    ).encode()
    leaf = record_of(event_id_of(producer, number), producer, number, act.time, salt, body).encode()
    return LogEntry(number, leaf, salt, body)
