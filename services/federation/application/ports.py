"""What the use cases need of the world outside."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from federation.domain.certificate import Certificate, Serial
from federation.domain.invitation import Invitation
from federation.domain.ledger import LedgerMark
from federation.domain.node_log import KnownLog, LogId, LogMark, NodeLog
from federation.domain.provider import Provider, ProviderId
from federation.domain.session import Session, SessionNumber
from federation.domain.task import EndedTask, NewTask, OpenTask, TaskId
from kit.database.engine import Reading, Transaction
from kit.events.outbox import Acting, Prepared
from oncordia.border.v1.node_span_pb2 import NodeSpan


class Providers(Protocol):
    """The registered providers."""

    async def add(self, transaction: Transaction, provider: Provider) -> None:
        """Raises AlreadyExists."""

    async def get(self, transaction: Transaction, provider: ProviderId) -> Provider:
        """Raises NotFound."""

    async def lock(self, transaction: Transaction, provider: ProviderId) -> Provider:
        """As get; nobody else changes it until the transaction ends."""

    async def save(self, transaction: Transaction, provider: Provider) -> None: ...

    async def page(self, transaction: Transaction, after: str, size: int) -> list[Provider]:
        """In the order of their ids, those after `after`."""


class Invitations(Protocol):
    """One-time invitations."""

    async def add(self, transaction: Transaction, invitation: Invitation) -> None: ...

    async def lock(self, transaction: Transaction, token_hash: bytes) -> Invitation | None: ...

    async def use(self, transaction: Transaction, token_hash: bytes) -> None: ...


class Certificates(Protocol):
    """The certificates that were given out."""

    async def add(self, transaction: Transaction, certificate: Certificate) -> None: ...

    async def get(self, transaction: Transaction, serial: Serial) -> Certificate | None: ...

    async def revoke(self, transaction: Transaction, provider: ProviderId, serial: Serial | None) -> list[Serial]:
        """Revokes one, or all of the provider with None. Gives those that were valid before."""


class Sessions(Protocol):
    """Which replica holds each provider's stream."""

    async def latest(self, transaction: Transaction, provider: ProviderId) -> Session | None: ...

    async def knows(self, transaction: Transaction, provider: ProviderId, instance: str) -> bool:
        """Whether that node process ever had a session."""

    async def put(self, transaction: Transaction, session: Session) -> None:
        """Makes it the provider's latest."""

    async def end(self, transaction: Transaction, provider: ProviderId, number: SessionNumber) -> bool:
        """Marks it as held no more. False if it was not the latest or was not held."""

    async def extend(self, transaction: Transaction, replica: UUID, until: datetime) -> set[tuple[ProviderId, int]]:
        """Extends the leases of a replica's held sessions and gives them."""

    async def overdue(self, transaction: Transaction, now: datetime) -> list[Session]:
        """Held sessions whose lease ran out: their replica is gone."""


class Ledgers(Protocol):
    """How far each provider's ledger of privacy loss ever was."""

    async def furthest(self, transaction: Transaction, provider: ProviderId) -> LedgerMark | None: ...

    async def put(self, transaction: Transaction, provider: ProviderId, mark: LedgerMark) -> None: ...


class NodeLogs(Protocol):
    """How much of each node's own log was taken."""

    async def get(self, reading: Reading, provider: ProviderId, log: LogId) -> NodeLog:
        """Without entries, where it is not known."""

    async def lock(self, transaction: Transaction, provider: ProviderId, log: LogId) -> NodeLog:
        """As get; nobody else takes entries of it until the transaction ends."""

    async def put(self, transaction: Transaction, provider: ProviderId, log: NodeLog, now: datetime) -> None: ...

    async def tell(self, transaction: Transaction, provider: ProviderId, mark: LogMark) -> None:
        """The node says how far it is with a log of which some was taken."""

    async def page(self, reading: Reading, only: str, after: tuple[str, str], size: int) -> list[KnownLog]:
        """Logs of one provider, or with an empty string of all, in the order of provider and log, behind `after`."""


@dataclass(frozen=True, slots=True)
class GivenResult:
    """A result as it came through a session. `body` is the serialized message with its outcome."""

    task: TaskId
    provider: ProviderId
    instance: str
    traceparent: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """What taking results came to. `fenced`: came from a node process that is not its provider's latest."""

    ended: list[EndedTask]
    fenced: frozenset[TaskId]


@dataclass(frozen=True, slots=True)
class Added:
    """New tasks. `hopeless`: their providers are unknown or switched off."""

    fresh: set[TaskId]
    hopeless: set[TaskId]


TraceOf = tuple[ProviderId, bytes]
"""A provider, and the id of a trace that its node has spans of."""


class Tasks(Protocol):
    """The journal of tasks."""

    async def add(self, transaction: Transaction, tasks: Sequence[NewTask], now: datetime) -> Added:
        """Adds those that are new. Nobody switches a provider off until the transaction has ended."""

    async def open(
        self, reading: Reading, providers: Collection[ProviderId], except_for: Collection[TaskId], most: int
    ) -> list[OpenTask]:
        """Open tasks of the providers, oldest first, at most so many."""

    async def done(self, transaction: Transaction, results: Sequence[GivenResult], now: datetime) -> Taken:
        """Ends those open tasks whose result came from the latest node process of the provider they were given to."""

    async def delivered(self, transaction: Transaction, as_spans: dict[TaskId, str]) -> list[EndedTask]:
        """Marks those still pending as delivered, with the trace context of the delivery."""

    async def refuse(self, transaction: Transaction, tasks: Collection[TaskId], now: datetime) -> list[EndedTask]:
        """Ends open tasks that no node will be asked."""

    async def refuse_all(self, transaction: Transaction, provider: ProviderId, now: datetime) -> list[EndedTask]:
        """Ends all open tasks of a provider."""

    async def cancel(
        self,
        transaction: Transaction,
        provider: ProviderId,
        asking_resource: str,
        task: TaskId | None,
        now: datetime,
    ) -> list[EndedTask]:
        """Cancels the open task, or all of the asking resource with None."""

    async def time_out(self, transaction: Transaction, now: datetime, most: int) -> list[EndedTask]:
        """Ends open tasks whose deadline has passed."""

    async def given(self, reading: Reading, traces: Collection[TraceOf]) -> set[TraceOf]:
        """Those traces in which the provider was given a task."""

    async def forget(self, transaction: Transaction, ended_before: datetime) -> None:
        """Deletes tasks that ended before."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a report says: the task as it stands, and what became of it. `traceparent` is the node's span."""

    task: EndedTask
    result: bytes = b""
    traceparent: str = ""
    refusal: str = ""


class Announcer(Protocol):
    """Tells the rest of the hub, in the transaction of what it tells about."""

    async def created(self, transaction: Transaction, provider: Provider, acting: Acting) -> None: ...

    async def invited(self, transaction: Transaction, provider: Provider, acting: Acting) -> None: ...

    async def issued(
        self, transaction: Transaction, provider: Provider, serial: Serial, renewal: bool, acting: Acting
    ) -> None: ...

    async def revoked(
        self, transaction: Transaction, provider: Provider, serial: Serial, reason: str, acting: Acting
    ) -> None: ...

    async def changed(
        self, transaction: Transaction, before: Provider, after: Provider, reason: str, acting: Acting
    ) -> None:
        """Tells the new public state, if it is new, and the event, if the provider's state is another."""

    async def reported(self, transaction: Transaction, outcomes: Sequence[Outcome]) -> None: ...

    async def node_acted(self, transaction: Transaction, events: Sequence[Prepared]) -> None:
        """Events of nodes, as they built them."""

    async def node_event_refused(
        self, transaction: Transaction, provider: Provider, log: LogId, number: int, reason: str
    ) -> None: ...


class Spans(Protocol):
    """Where finished spans of nodes go."""

    def put(self, provider: Provider, spans: Sequence[NodeSpan]) -> None:
        """Never waits, never fails; what is too much is lost."""


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    certificate: Certificate
    der: bytes


class Authority(Protocol):
    """The hub's certificate authority for nodes."""

    @property
    def certificate_der(self) -> bytes: ...

    @property
    def fingerprint(self) -> str: ...

    def issue(self, provider: ProviderId, request: bytes, now: datetime) -> IssuedCertificate:
        """Raises InvalidInput for a signing request that isn't one."""
