"""The vault's one table. Nothing but this file reads it."""

from __future__ import annotations

import json

from sqlalchemy import text

from audit_log.domain.identity import Identity
from kit.database.engine import Transaction

_PUT = text(
    """INSERT INTO identities AS known (subject, issuer, token_subject, display_name, organisation, actors)
       VALUES (:subject, :issuer, :token_subject, :display_name, :organisation, CAST(:actors AS jsonb))
       ON CONFLICT (subject) DO UPDATE SET
         display_name = excluded.display_name, organisation = excluded.organisation,
         actors = known.actors || excluded.actors"""
)
_BY_ACTOR = text(
    """SELECT issuer, token_subject, display_name, organisation, actors FROM identities
       WHERE actors ? :actor"""
)


class PostgresVault:
    """One row a subject."""

    async def put(self, transaction: Transaction, subject: str, identity: Identity) -> None:
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
        row = (await transaction.execute(_BY_ACTOR, {"actor": actor})).one_or_none()
        if row is None:
            return None
        return Identity(row.issuer, row.token_subject, row.display_name, row.organisation, row.actors)
