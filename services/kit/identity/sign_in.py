"""The first use of a token at a service: a sign-in event for the log, and a sealed identity for the vault."""

from __future__ import annotations

from datetime import timedelta

from nacl.public import PublicKey, SealedBox
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from kit.clock import Clock
from kit.database.engine import Database
from kit.database.schema import token_uses
from kit.events import topics
from kit.events.outbox import Acting, Outbox
from kit.identity.tokens import Identity
from oncordia.events.v1 import access_pb2

# An expired token is refused, so its use needs no remembering; the hour is for clocks that differ.
KEEP_EXPIRED = timedelta(hours=1)


class SignIns:
    """Tells each token's first use here, once, however many replicas see it."""

    def __init__(self, service: str, database: Database, outbox: Outbox, vault_key: bytes, clock: Clock) -> None:
        self._service = service
        self._database = database
        self._outbox = outbox
        self._vault = SealedBox(PublicKey(vault_key))
        self._clock = clock
        self._told: set[bytes] = set()

    async def record(self, identity: Identity) -> None:
        """Adds the event and the sealed identity to the outbox, if this is the first use."""
        if identity.token_id in self._told:
            return
        async with self._database.transaction() as transaction:
            first = await transaction.execute(
                insert(token_uses)
                .values(token_id=identity.token_id, expire_time=identity.expire_time)
                .on_conflict_do_nothing()
                .returning(token_uses.c.token_id)
            )
            if first.scalar_one_or_none() is not None:
                caller = identity.caller
                await self._outbox.add_event(
                    transaction,
                    topics.events("access"),
                    f"actors/{caller.actor}",
                    access_pb2.SignedIn(service=self._service, roles=sorted(role.name for role in caller.roles)),
                    Acting.by(caller),
                )
                await self._outbox.add(transaction, topics.IDENTITY, caller.subject, self._sealed(identity))
                over = self._clock.now() - KEEP_EXPIRED
                await transaction.execute(delete(token_uses).where(token_uses.c.expire_time < over))
        if len(self._told) > 100_000:
            self._told.clear()
        self._told.add(identity.token_id)

    def _sealed(self, identity: Identity) -> access_pb2.IdentitySealed:
        content = access_pb2.SealedIdentity(
            issuer=identity.issuer,
            token_subject=identity.token_subject,
            display_name=identity.display_name,
            organisation=identity.caller.organisation,
            actors={self._clock.now().year: identity.caller.actor},
        )
        return access_pb2.IdentitySealed(
            subject=identity.caller.subject, sealed=self._vault.encrypt(content.SerializeToString())
        )
