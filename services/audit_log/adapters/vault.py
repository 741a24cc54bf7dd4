"""The vault's one table. Nothing but this file reads it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from audit_log.adapters.subject_digest import SubjectDigest
from audit_log.domain.erasure import ErasureId
from audit_log.domain.identity import Identity
from kit.database.engine import Transaction

# Waits for who is about to erase the subject.
_ERASED = text("SELECT erase_time FROM erasures WHERE digest = :digest FOR SHARE")
_PUT = text(
    """INSERT INTO identities AS known (subject, issuer, token_subject, display_name, organisation, actors)
       VALUES (:subject, :issuer, :token_subject, :display_name, :organisation, CAST(:actors AS jsonb))
       ON CONFLICT (subject) DO UPDATE SET
         display_name = excluded.display_name, organisation = excluded.organisation,
         actors = known.actors || excluded.actors"""
)
_KNOWN = """SELECT subject, issuer, token_subject, display_name, organisation, actors,
              (SELECT id FROM erasures WHERE erasures.subject = identities.subject AND erase_time IS NULL) AS erasure
            FROM identities """
_BY_ACTOR = text(_KNOWN + "WHERE actors ? :actor")
_BY_SUBJECT = text(_KNOWN + "WHERE subject = :subject")
_DELETE = text("DELETE FROM identities WHERE subject = :subject")
_YEARS = text("SELECT DISTINCT CAST(value AS integer) FROM identities, jsonb_each_text(actors)")
_FORGET_YEAR = text(
    """WITH over AS (
         SELECT subject, array_agg(key) AS handles FROM identities, jsonb_each_text(actors)
         WHERE CAST(value AS integer) = :year GROUP BY subject),
       left_over AS (
         UPDATE identities SET actors = actors - over.handles FROM over WHERE identities.subject = over.subject
         RETURNING over.handles)
       SELECT coalesce(sum(cardinality(handles)), 0) FROM left_over"""
)
_FORGET_PEOPLE = text("DELETE FROM identities WHERE actors = '{}'")


class PostgresVault:
    """One row a subject."""

    def __init__(self, digest: SubjectDigest) -> None:
        self._digest = digest

    async def put(self, transaction: Transaction, subject: str, identity: Identity, told: datetime) -> None:
        erased = await transaction.execute(_ERASED, {"digest": self._digest(subject)})
        if any(time is not None and told <= time for time in erased.scalars()):
            return
        await transaction.execute(
            _PUT,
            {
                "subject": subject,
                "issuer": identity.issuer,
                "token_subject": identity.token_subject,
                "display_name": identity.display_name,
                "organisation": identity.organisation,
                "actors": json.dumps(dict(identity.actors)),
            },
        )

    async def by_actor(self, transaction: Transaction, actor: str) -> Identity | None:
        return _identity((await transaction.execute(_BY_ACTOR, {"actor": actor})).one_or_none())

    async def by_subject(self, transaction: Transaction, subject: str) -> Identity | None:
        return _identity((await transaction.execute(_BY_SUBJECT, {"subject": subject})).one_or_none())

    async def subject_of(self, transaction: Transaction, actor: str) -> str | None:
        row = (await transaction.execute(_BY_ACTOR, {"actor": actor})).one_or_none()
        return None if row is None else row.subject

    async def delete(self, transaction: Transaction, subject: str) -> None:
        await transaction.execute(_DELETE, {"subject": subject})

    async def years(self, transaction: Transaction) -> set[int]:
        return set((await transaction.execute(_YEARS)).scalars())

    async def forget_year(self, transaction: Transaction, year: int) -> tuple[int, int]:
        handles = (await transaction.execute(_FORGET_YEAR, {"year": year})).scalar_one()
        people = await transaction.execute(_FORGET_PEOPLE)
        return int(handles), people.rowcount


def _identity(row: Row[Any] | None) -> Identity | None:
    if row is None:
        return None
    erasure = None if row.erasure is None else ErasureId(row.erasure)
    return Identity(row.issuer, row.token_subject, row.display_name, row.organisation, row.actors, erasure)
