"""Refused calls, as events of the service that was called, so that the audit log has them.

A refusal of a known caller is an event at once. The same caller's further ones of the same method and reason are
counted within a period, and told by one event at its end. Calls refused before anybody was known are only counted, by
the gRPC service that was called and the reason. Their peer's address is not told: it is personal data (CJEU C-582/14),
the log forgets nothing, and behind a proxy it is the proxy's. Who must act on an attack finds it in the proxy's log.

NOT_FOUND is never told, although it may hide a thing: an entry for what is hidden, and none for what isn't there, would
give it away to the caller, who may read the own entries.

A flood adds at most 2 * MOST_KINDS rows of known callers in a period, and beyond that a row for each gRPC service or
method and reason. A process that is killed loses the counts of its last period, and no refusal that was told at once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace

from google.protobuf.message import Message as Payload

from kit.database.engine import Database, is_passing
from kit.errors import OncordiaError
from kit.events import topics
from kit.events.outbox import NOBODY, Acting, Outbox
from kit.events.outcome import Outcome
from kit.identity.caller import Caller
from kit.telemetry.log import logger
from oncordia.events.v1 import access_pb2

_log = logger(__name__)

MOST_KINDS = 1_000
"""So many different refusals are told one by one in a period. Those of a further caller, method or reason are counted
by method and reason alone, with no actor."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What refusals have in common that are counted together."""

    acting: Acting
    method: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Unknown:
    grpc_service: str
    reason: str


_Kind = _Known | _Unknown


class Refusals:
    """One for all listeners of a process. `seconds` is the period."""

    def __init__(self, service: str, database: Database, outbox: Outbox, seconds: float) -> None:
        self._service = service
        self._topic = topics.events(topics.family_of(service))
        self._database = database
        self._outbox = outbox
        self._seconds = seconds
        self._told: set[_Known] = set()
        self._counts: Counter[_Kind] = Counter()

    async def __call__(self, path: str, caller: Caller | None, error: OncordiaError) -> None:
        """Tells or counts a refusal of the method at `path`. Never raises: the caller is to get the refusal itself."""
        if caller is None:
            self._counts[_Unknown(path.split("/")[1], error.reason)] += 1
            return
        kind = _Known(Acting.by(caller), path, error.reason)
        if kind in self._told:
            self._counts[kind] += 1
        elif len(self._told) >= MOST_KINDS:
            self._counts[replace(kind, acting=NOBODY)] += 1
        else:
            self._told.add(kind)
            await self._tell_at_once(kind)

    async def run(self) -> None:
        """Tells the counts of each period until cancelled."""
        while True:
            await asyncio.sleep(self._seconds)
            await self.tell_counts()

    async def tell_counts(self) -> None:
        """Ends the period. What can't be told now stays counted."""
        counts, self._counts = self._counts, Counter()
        try:
            await self._add(counts)
        except Exception as error:
            self._counts.update(counts)
            _complain(error)
        else:
            self._told.clear()

    async def _tell_at_once(self, kind: _Known) -> None:
        try:
            await self._add(Counter([kind]))
        except Exception as error:
            self._counts[kind] += 1
            _complain(error)

    async def _add(self, counts: Counter[_Kind]) -> None:
        if not counts:
            return
        async with self._database.transaction() as transaction:
            for kind, calls in counts.items():
                key, payload, acting = self._event(kind, calls)
                await self._outbox.add_event(transaction, self._topic, key, payload, acting, outcome=Outcome.REFUSED)

    def _event(self, kind: _Kind, calls: int) -> tuple[str, Payload, Acting]:
        match kind:
            case _Known(acting, method, reason):
                key = f"actors/{acting.actor}" if acting.actor else f"services/{self._service}"
                return key, access_pb2.CallRefused(method=method, reason=reason, calls=calls), acting
            case _Unknown(grpc_service, reason):
                payload = access_pb2.UnknownCallsRefused(
                    service=self._service, grpc_service=grpc_service, reason=reason, calls=calls
                )
                return f"services/{self._service}", payload, NOBODY


def _complain(error: Exception) -> None:
    if is_passing(error):
        _log.warning("refusals wait to be told", error=type(error).__name__)
    else:
        _log.error("refusals can't be told, trying again", exc_info=error)
