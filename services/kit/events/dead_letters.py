"""Messages that a consumer could not take: kept with the reason, replayed by command, and never without end.

A letter is replayed on a topic that only its service's consumers read, and taken only by the one that put it aside; the
original topic would bring it to every other reader once more, behind what came since. Its effect, the mark that it was
taken and the offset are one transaction, so a letter takes effect once, however often it is replayed. It is handled as
the message that it was: same event id, same place. What can't be taken again is put aside again.
"""

from __future__ import annotations

import re
import time
from collections import deque
from dataclasses import dataclass
from uuid import uuid4

from aiokafka import ConsumerRecord
from sqlalchemy.dialects.postgresql import insert

from kit.database.engine import Transaction
from kit.database.schema import replayed
from kit.events import envelope
from kit.events.envelope import Headers, MalformedMessage, Message
from kit.events.outbox import Prepared, add_rows
from kit.events.topics import dead_letters, replays

_CONSUMER, _PLACE, _REASON = "oncordia-consumer", "oncordia-place", "oncordia-reason"
_OURS = frozenset({_CONSUMER, _PLACE, _REASON})
_A_PLACE = re.compile(r"([A-Za-z0-9._-]+)/([0-9]+)@([0-9]+)")


class TooManyDeadLetters(Exception):
    """So many messages can't be taken that something else must be wrong; skipping on would lose them all."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it was, who put it aside, and why. `topic`, `partition` and `offset` are where it first stood."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Headers
    value: bytes | None
    consumer: str
    reason: str

    @property
    def place(self) -> str:
        """`topic/partition@offset`."""
        return f"{self.topic}/{self.partition}@{self.offset}"

    def message(self) -> Message:
        """The message in it. Raises MalformedMessage."""
        return envelope.parse(self.topic, self.partition, self.offset, self.key, self.headers, self.value)


def letter_of(key: bytes | None, headers: Headers, value: bytes | None) -> Letter:
    """The letter in a record of a dead letters' or replays' topic. Raises MalformedMessage."""
    about = {name: content.decode(errors="replace") for name, content in headers if name in _OURS}
    stood = _A_PLACE.fullmatch(about.get(_PLACE, ""))
    if stood is None or _CONSUMER not in about:
        raise MalformedMessage("it is no dead letter: it does not say who put it aside, or where it stood")
    return Letter(
        topic=stood[1],
        partition=int(stood[2]),
        offset=int(stood[3]),
        key=key,
        headers=tuple((name, content) for name, content in headers if name not in _OURS),
        value=value,
        consumer=about[_CONSUMER],
        reason=about.get(_REASON, ""),
    )


class DeadLetters:
    """At most `limit` in `period` seconds; beyond it the consumer stops taking and tries again."""

    def __init__(self, service: str, limit: int = 100, period: float = 600.0) -> None:
        self._service = service
        self._limit = limit
        self._period = period
        self._times: deque[float] = deque()
        self.replays = replays(service)
        """Where letters come back."""

    def check_limit(self, consumer: str) -> None:
        """Counts one more. Raises TooManyDeadLetters beyond the limit."""
        now = time.monotonic()
        while self._times and now - self._times[0] > self._period:
            self._times.popleft()
        if len(self._times) >= self._limit:
            raise TooManyDeadLetters(f"{consumer} put aside {self._limit} messages in {self._period:.0f} s")
        self._times.append(now)

    async def returned(self, transaction: Transaction, consumer: str, record: ConsumerRecord) -> Message | None:
        """The message of a replayed letter, marked as taken; None if it is another consumer's, or was taken before.

        Raises MalformedMessage.
        """
        letter = letter_of(record.key, record.headers, record.value)
        if letter.consumer != consumer:
            return None
        mark = insert(replayed).values(consumer=consumer, place=letter.place).on_conflict_do_nothing()
        marked = await transaction.execute(mark.returning(replayed.c.place))
        return letter.message() if marked.one_or_none() is not None else None

    async def put(
        self,
        transaction: Transaction,
        consumer: str,
        record: ConsumerRecord,
        error: Exception,
    ) -> None:
        """Adds the message as it was, with where it first stood and why, to the outbox."""
        headers = [(name, content.decode(errors="replace")) for name, content in record.headers if name not in _OURS]
        headers += [
            (_CONSUMER, consumer),
            (_PLACE, _first_place(record)),
            (_REASON, f"{type(error).__name__}: {error}"[:500]),
        ]
        topic, key = dead_letters(self._service).name, (record.key or b"").decode(errors="replace")
        await add_rows(transaction, self._service, [Prepared(uuid4(), topic, key, headers, record.value)])


def _first_place(record: ConsumerRecord) -> str:
    """Where a record stood before it was ever put aside."""
    before = dict(record.headers).get(_PLACE)
    return before.decode(errors="replace") if before else f"{record.topic}/{record.partition}@{record.offset}"
