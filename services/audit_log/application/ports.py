"""What the use cases need of the world."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from audit_log.domain.chunk import Columns
from audit_log.domain.entry import Entry, EntryIndex, Event
from audit_log.domain.erasure import Erasure, ErasureId
from audit_log.domain.identity import Identity
from audit_log.domain.published import CheckpointFile, Published
from audit_log.domain.retention import Kind, Round, Total
from audit_log.domain.scope import Scope
from audit_log.domain.search import Search
from kit.database.engine import Reading, Transaction
from tlog.evidence import Opening
from tlog.numbers import Numbers
from tlog.record import Salt
from tlog.tiles import Bundle, Tile
from tlog.tree import Frontier


class Tree(Protocol):
    """The tree of all entries, and the entries themselves, as they are appended."""

    async def lock(self, transaction: Transaction) -> Frontier:
        """The frontier; nobody else can append until the transaction ends."""
        ...

    async def known(self, transaction: Transaction, event_ids: Sequence[UUID]) -> dict[UUID, bytes | None]:
        """Those of the events that are in the log, with the SHA-256 of their body; None once its retention ended."""
        ...

    async def append(
        self,
        transaction: Transaction,
        first: EntryIndex,
        events: Sequence[Event],
        leaves: Sequence[bytes],
        salts: Sequence[Salt],
        frontier: Frontier,
    ) -> None:
        """Adds entries, bodies and salts from index `first` on, and the frontier that they lead to."""
        ...


class Leaves(Protocol):
    """What is committed of the tree, for who publishes it."""

    async def frontier(self) -> Frontier:
        """The tree of all committed entries."""
        ...

    async def leaves(self, start: int, end: int) -> list[bytes]:
        """The leaf records from index `start` up to, not including, `end`."""
        ...


class Entries(Protocol):
    """The entries, for readers."""

    async def get(self, transaction: Transaction, name: EntryIndex | UUID) -> Entry | None: ...

    async def opening(self, transaction: Transaction, index: EntryIndex) -> Opening | None:
        """Body and salt; None once their retention has ended."""
        ...


class Bodies(Protocol):
    """What opens entries, as its retention ends."""

    async def note_size(self, transaction: Transaction, now: datetime, size: int) -> None:
        """Notes how large the log is, at most once a day, and forgets what was noted of the future."""
        ...

    async def confirmed_time(self, transaction: Transaction) -> datetime | None:
        """The time of the size that was noted last but one: a clock that jumps does not change it for a day."""
        ...

    async def round(self, transaction: Transaction, kind: Kind, kept: timedelta, now: datetime) -> Round | None:
        """The round that was begun, or a new one of what was logged so long before the confirmed time; None if nothing
        is."""
        ...

    async def delete(self, transaction: Transaction, current: Round, most: int) -> tuple[Round, int]:
        """Deletes the round's bodies among that many entries. The round as it is then, and how many were deleted.

        Raises Fenced if somebody else went on with it meanwhile.
        """
        ...

    async def total(self, transaction: Transaction, done: Round) -> Total | None:
        """What the whole round deleted; None if there was nothing."""
        ...

    async def ended(self, transaction: Transaction, kind: Kind, index: EntryIndex) -> datetime | None:
        """When the round began that deleted bodies of this kind at that index; None if none did."""
        ...


class Finder(Protocol):
    """Finds entries by what they say."""

    async def newest(
        self, reading: Reading, search: Search, scope: Scope, before: EntryIndex | None, most: int
    ) -> list[Entry]:
        """The newest entries below index `before` that match, newest first."""
        ...


class Sealing(Protocol):
    """The search index, as it is made."""

    async def sealed(self) -> EntryIndex:
        """The index from which on nothing is sealed."""
        ...

    async def columns(self, first: EntryIndex, size: int) -> Columns:
        """What is indexed of that many committed entries."""
        ...

    async def seal(self, first: EntryIndex, columns: Columns, inserted: Callable[[], None]) -> None:
        """Adds them as a chunk, as a whole or not at all; not at all also if others have sealed them meanwhile.

        Calls `inserted` before it commits.
        """
        ...


class Checkpoints(Protocol):
    """The newest signed checkpoint, in the database."""

    async def newest(self) -> Published | None: ...

    async def replace(self, before: Published | None, after: Published) -> bool:
        """False if `before` isn't the newest any more: somebody else publishes."""
        ...


class CosignedCheckpoints(Protocol):
    """The newest checkpoint that a witness policy accepted, in the database."""

    async def newest(self) -> Published | None: ...

    async def replace(self, after: Published) -> bool:
        """Only by a larger one, or by the same one with other cosignatures; else False."""
        ...


class FilesUnwritable(Exception):
    """The log's files can't be written: the disk is full or broken. Says where and why."""


class LogFiles(Protocol):
    """What is served to the world as static files. Whatever a call wrote is durable when it returns.

    Writing raises FilesUnwritable.
    """

    def read_tile(self, tile: Tile) -> bytes:
        """The tile, or a wider one of the same place. Raises FailedPrecondition if it is missing."""
        ...

    def read_bundle(self, bundle: Bundle) -> bytes: ...

    def write(self, files: Mapping[Tile | Bundle, bytes]) -> None: ...

    def drop_partials(self, full: Sequence[Tile | Bundle]) -> None:
        """Deletes partial tiles and bundles that are part of these full ones."""
        ...

    def read_checkpoint(self, file: CheckpointFile) -> bytes | None: ...

    def write_checkpoint(self, file: CheckpointFile, note: bytes) -> None: ...


class NumbersSeen(Protocol):
    """The producers' numbers among the entries up to some index."""

    async def load(self) -> tuple[EntryIndex, dict[str, Numbers]]:
        """The first index that was not looked at yet, and what was seen before it, by producer."""
        ...

    async def numbers(self, start: EntryIndex, most: int) -> tuple[EntryIndex, dict[str, list[int]]]:
        """The numbers of at most that many entries from `start` on, and the index behind them."""
        ...

    async def save(self, following: EntryIndex, changed: Mapping[str, Numbers]) -> None: ...


class Vault(Protocol):
    """Who is behind a subject."""

    async def put(self, transaction: Transaction, subject: str, identity: Identity, told: datetime) -> None:
        """Adds or replaces; handles are added to those known. Nothing if the subject was erased after it was told."""
        ...

    async def by_actor(self, transaction: Transaction, actor: str) -> Identity | None: ...

    async def by_subject(self, transaction: Transaction, subject: str) -> Identity | None: ...

    async def subject_of(self, transaction: Transaction, actor: str) -> str | None: ...

    async def delete(self, transaction: Transaction, subject: str) -> None: ...

    async def years(self, transaction: Transaction) -> set[int]:
        """The calendar years of all handles."""
        ...

    async def forget_year(self, transaction: Transaction, year: int) -> tuple[int, int]:
        """Forgets the handles of a year, and people who have no other. How many of both."""
        ...


class Erasures(Protocol):
    """Requests to be forgotten. Who was forgotten is known again, and not kept."""

    async def add(self, transaction: Transaction, subject: str, now: datetime, until: datetime) -> Erasure:
        """A new one, which waits until a time; or the one of the subject that waits already."""
        ...

    async def newest_of(self, transaction: Transaction, subject: str) -> Erasure | None: ...

    async def page(self, reading: Reading, before: int | None, most: int) -> list[tuple[int, Erasure]]:
        """Newest first, each with its place, all below a place."""
        ...

    async def waiting(self, transaction: Transaction) -> list[ErasureId]:
        """Those not carried out yet."""
        ...

    async def unconfirmed(self, transaction: Transaction) -> list[ErasureId]:
        """Those carried out that some service has not confirmed."""
        ...

    async def lock(self, transaction: Transaction, erasure: ErasureId) -> str | None:
        """The subject of one that waits, whose identity nobody changes until the transaction ends."""
        ...

    async def postpone(self, transaction: Transaction, erasure: ErasureId, until: datetime) -> None: ...

    async def carried_out(self, transaction: Transaction, erasure: ErasureId, now: datetime) -> None: ...

    async def confirm(self, transaction: Transaction, erasure: ErasureId, by: Collection[str]) -> str | None:
        """Keeps who has confirmed, and forgets the subject once all have; else gives it."""
        ...

    async def tell(self, transaction: Transaction, erasure: ErasureId, unless_after: datetime, now: datetime) -> bool:
        """Whether services are to be told again: they were not after that time."""
        ...


class Statements(Protocol):
    """Which statements were appended, so that a repeated request appends nothing."""

    async def claim(
        self, transaction: Transaction, subject: str, request_id: UUID, event_id: UUID, digest: bytes, now: datetime
    ) -> tuple[UUID, bytes]:
        """The event id and the digest of the first request with this id: the given ones, if this is the first."""
        ...

    async def forget(self, transaction: Transaction, before: datetime) -> None:
        """Forgets requests from before a time: who knows a digest can guess a short statement."""
        ...

    async def forget_subject(self, transaction: Transaction, subject: str) -> int:
        """Forgets the requests of a subject. How many there were."""
        ...
