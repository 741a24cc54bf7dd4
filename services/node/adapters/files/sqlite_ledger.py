"""The ledger of privacy loss and the stored answers, in one SQLite file, with a mark outside of it."""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from kit.durable import replace_file
from node.adapters.files.full_disk import naming_full_disk
from node.adapters.files.sqlite import SqliteFile
from node.domain.budget import Organisation, Period, Spent
from node.domain.counts import Counts
from node.domain.epsilon import MicroEpsilon
from node.domain.errors import LedgerError
from node.domain.ledger import LedgerId, LedgerMark, distrust
from node.domain.protection import DrawnCounts
from node.domain.rules import AnswerRules
from node.domain.stored_answer import Charge, Question

_SCHEMA = (
    "CREATE TABLE identity (ledger TEXT NOT NULL) STRICT",
    "CREATE TABLE replaced (ledger TEXT PRIMARY KEY) STRICT",
    """CREATE TABLE charges (
        number INTEGER PRIMARY KEY, period TEXT NOT NULL, organisation TEXT NOT NULL,
        micro_epsilon INTEGER NOT NULL CHECK (micro_epsilon > 0), epoch TEXT NOT NULL, digest TEXT NOT NULL,
        settings_version TEXT NOT NULL, at TEXT NOT NULL) STRICT""",
    "CREATE INDEX charges_by_period ON charges (period, organisation, micro_epsilon)",
    """CREATE TABLE answers (
        epoch TEXT NOT NULL, digest TEXT NOT NULL, settings_version TEXT NOT NULL,
        charge INTEGER NOT NULL REFERENCES charges, epsilon_per_count TEXT NOT NULL,
        minimum_count INTEGER NOT NULL, rounding INTEGER NOT NULL, max_studies INTEGER NOT NULL,
        max_series INTEGER NOT NULL, subjects INTEGER NOT NULL, studies INTEGER NOT NULL, series INTEGER NOT
        NULL, PRIMARY KEY (epoch, digest, settings_version)) STRICT""",
)


class SqliteLedger:
    """`mark` is the file of the node's own mark; `hub_mark` that of the hub's, once it contradicts the ledger.
    `has_epoch`: whether the node has opened data to questions, which it never does without a ledger."""

    def __init__(self, path: Path, mark: Path, hub_mark: Path, has_epoch: Callable[[], bool]) -> None:
        self._file = SqliteFile(path, _SCHEMA)
        self._mark = mark
        self._hub_mark = hub_mark
        self._has_epoch = has_epoch
        self._marking = threading.Lock()

    def establish(self) -> None:
        """Make the first ledger of a new node. Raises LedgerError when there should be one and isn't."""
        self._require_trust()
        if self._found() is None or _remembered(self._mark) is None:
            self._make()

    def distrusted(self) -> str | None:
        """Why the ledger can't be trusted, or None."""
        try:
            # The marks first: a charge made in between makes the ledger newer than them, never older.
            has_epoch, own, hubs = self._has_epoch(), _remembered(self._mark), _remembered(self._hub_mark)
            found = self._found()
            reason = distrust(found, own, has_epoch)
            if reason is None and hubs is not None:
                reason = distrust(found, hubs, has_epoch)
            return reason
        except (sqlite3.Error, OSError, ValueError) as error:
            return f"it can't be read ({type(error).__name__})"

    def mark(self) -> LedgerMark | None:
        """For the hub to remember; None while there is no ledger, or none that can be read."""
        try:
            return self._found()
        except (sqlite3.Error, OSError, ValueError):
            return None

    def compare(self, at_hub: LedgerMark) -> None:
        """Takes the hub's mark. If the ledger is not that far, it is distrusted from now on. Raises OSError."""
        if distrust(self.mark(), at_hub, self._has_epoch()) is not None:
            _write_mark(self._hub_mark, at_hub)

    def accept(self) -> None:
        """The provider's decision to go on with the ledger as it is, or with an empty one where none can be
        read.

        It gets a new name, and goes on instead of all that are known here. What was charged in the period and is
        missing from it may then be spent once more.
        """
        with _ledger_errors():
            known = self._known()
            try:
                found = self._found()
            except (sqlite3.Error, ValueError):
                self._file.path.rename(self._file.path.with_name(f"{self._file.path.name}.unreadable"))
                self._file.remove()
                found = None
            if found is not None:
                known.add(found.ledger)
            with self._file.writing() as connection:
                connection.execute("DELETE FROM identity")
                connection.executemany("INSERT OR IGNORE INTO replaced VALUES (?)", [(ledger,) for ledger in known])
            self._make()
            self._hub_mark.unlink(missing_ok=True)

    def _known(self) -> set[LedgerId]:
        known = set()
        for file in (self._mark, self._hub_mark):
            with suppress(ValueError):
                mark = _remembered(file)
                known |= {mark.ledger} if mark is not None else set()
        return known

    def stored(self, question: Question) -> Sequence[DrawnCounts]:
        self._require_trust()
        with _ledger_errors(), self._file.reading() as connection:
            return _Book(connection).stored(question)

    @contextmanager
    def book(self) -> Iterator[_Book]:
        self._require_trust()
        with _ledger_errors():
            with self._file.writing() as connection:
                yield _Book(connection)
            # After the commit and before the release: a true ledger is never behind its mark.
            self._renew_mark()

    def spending(self, period: Period) -> dict[Organisation, MicroEpsilon]:
        """Charges of a period by organisation."""
        self._require_trust()
        with _ledger_errors(), self._file.reading() as connection:
            rows = connection.execute(
                "SELECT organisation, sum(micro_epsilon) FROM charges WHERE period = ? GROUP BY 1 ORDER BY 1",
                (str(period),),
            )
            return {Organisation(organisation): MicroEpsilon(spent) for organisation, spent in rows}

    def _require_trust(self) -> None:
        reason = self.distrusted()
        if reason is not None:
            raise LedgerError(
                f"the ledger can't be trusted: {reason}. Put the true one back, or decide to go on with"
                " `oncordia-node ledger accept`"
            )

    def _found(self) -> LedgerMark | None:
        if not self._file.exists():
            return None
        with self._file.reading() as connection:
            identity = connection.execute("SELECT ledger FROM identity").fetchone()
            if identity is None:
                return None
            (charges,) = connection.execute("SELECT coalesce(max(number), 0) FROM charges").fetchone()
            replaced = connection.execute("SELECT ledger FROM replaced").fetchall()
            return LedgerMark(LedgerId(identity[0]), charges, frozenset(LedgerId(row[0]) for row in replaced))

    def _make(self) -> None:
        with _ledger_errors():
            with self._file.writing() as connection:
                if connection.execute("SELECT 1 FROM identity").fetchone() is None:
                    connection.execute("INSERT INTO identity VALUES (?)", (str(uuid.uuid4()),))
            self._renew_mark()

    def _renew_mark(self) -> None:
        with self._marking:
            mark = self._found()
            if mark is not None:
                _write_mark(self._mark, mark)


class _Book:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def stored(self, question: Question) -> Sequence[DrawnCounts]:
        rows = self._connection.execute(
            "SELECT epsilon_per_count, minimum_count, rounding, max_studies, max_series, subjects, studies, series"
            " FROM answers WHERE epoch = ? AND digest = ? ORDER BY charge",
            (question.epoch, question.digest),
        )
        return [
            DrawnCounts(Counts(subjects, studies, series), AnswerRules(Decimal(epsilon), least, rounding, cap, caps))
            for epsilon, least, rounding, cap, caps, subjects, studies, series in rows
        ]

    def spent(self, period: Period, organisation: Organisation) -> Spent:
        (site, own) = self._connection.execute(
            "SELECT coalesce(sum(micro_epsilon), 0),"
            " coalesce(sum(micro_epsilon) FILTER (WHERE organisation = ?), 0) FROM charges WHERE period = ?",
            (organisation, str(period)),
        ).fetchone()
        return Spent(site=site, organisation=own)

    def latest(self) -> datetime | None:
        (at,) = self._connection.execute("SELECT at FROM charges ORDER BY number DESC LIMIT 1").fetchone() or (None,)
        return None if at is None else datetime.fromisoformat(at)

    def charge(self, charge: Charge, drawn: DrawnCounts) -> None:
        question, rules, noisy = charge.question, drawn.rules, drawn.noisy
        number = self._connection.execute(
            "INSERT INTO charges (period, organisation, micro_epsilon, epoch, digest, settings_version, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                str(charge.period),
                charge.organisation,
                charge.amount,
                question.epoch,
                question.digest,
                rules.version,
                charge.at.isoformat(timespec="microseconds"),
            ),
        ).lastrowid
        self._connection.execute(
            "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                question.epoch,
                question.digest,
                rules.version,
                number,
                str(rules.epsilon_per_count),
                rules.minimum_count,
                rules.rounding,
                rules.max_studies,
                rules.max_series,
                noisy.subjects,
                noisy.studies,
                noisy.series,
            ),
        )


def _remembered(file: Path) -> LedgerMark | None:
    """Raises ValueError, OSError."""
    try:
        mark = json.loads(file.read_bytes())
        return LedgerMark(LedgerId(mark["ledger"]), int(mark["charges"]))
    except FileNotFoundError:
        return None
    except (KeyError, TypeError) as error:
        raise ValueError("the mark is malformed") from error


def _write_mark(file: Path, mark: LedgerMark) -> None:
    content = json.dumps({"ledger": mark.ledger, "charges": mark.charges}).encode() + b"\n"
    with naming_full_disk(file.parent):
        replace_file(file, content)


@contextmanager
def _ledger_errors() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise LedgerError(f"the ledger can't be read or written: {error}; check the disk") from error
