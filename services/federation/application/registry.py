"""Providers, their invitations, and switching them off and on."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from federation.application import wake
from federation.application.ports import Announcer, Certificates, Invitations, Outcome, Providers, Tasks
from federation.domain.certificate import given_serial
from federation.domain.invitation import Invitation, token_hash
from federation.domain.provider import Provider, Switch, new_provider, provider_id
from kit.clock import Clock
from kit.database.engine import Database, Transaction
from kit.database.notify import notify
from kit.errors import InvalidInput, PermissionDenied
from kit.events.outbox import Acting
from kit.identity.caller import Caller, Role

DISABLED = "PROVIDER_DISABLED"


@dataclass(frozen=True, slots=True)
class NewInvitation:
    provider: Provider
    token: str
    expire_time: datetime


class Registry:
    """The use cases of FederationService."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        providers: Providers,
        invitations: Invitations,
        certificates: Certificates,
        tasks: Tasks,
        announcer: Announcer,
        invitation_life: timedelta,
    ) -> None:
        self._database = database
        self._clock = clock
        self._providers = providers
        self._invitations = invitations
        self._certificates = certificates
        self._tasks = tasks
        self._announcer = announcer
        self._invitation_life = invitation_life

    async def create(self, caller: Caller, name: str, display_name: str, country: str, organisation: str) -> Provider:
        """Registers a provider. Raises InvalidInput, AlreadyExists."""
        provider = new_provider(name, display_name, country, organisation, self._clock.now())
        async with self._database.transaction() as transaction:
            await self._providers.add(transaction, provider)
            await self._announcer.created(transaction, provider, Acting.by(caller))
        return provider

    async def get(self, name: str) -> Provider:
        """Raises NotFound."""
        async with self._database.transaction() as transaction:
            return await self._providers.get(transaction, provider_id(name, "name"))

    async def page(self, after: str, size: int) -> list[Provider]:
        """Providers in the order of their ids, those after `after`."""
        async with self._database.transaction() as transaction:
            return await self._providers.page(transaction, after, size)

    async def invite(self, caller: Caller, name: str) -> NewInvitation:
        """A one-time invitation; its token is shown here once. Raises NotFound."""
        token = secrets.token_urlsafe(32)
        expire_time = self._clock.now() + self._invitation_life
        async with self._database.transaction() as transaction:
            provider = await self._providers.get(transaction, provider_id(name, "provider"))
            await self._invitations.add(transaction, Invitation(token_hash(token), provider.id, expire_time))
            await self._announcer.invited(transaction, provider, Acting.by(caller))
        return NewInvitation(provider, token, expire_time)

    async def disable(self, caller: Caller, name: str, reason: str) -> Provider:
        """Switches a provider off, closes its stream and refuses its open tasks. Raises NotFound, PermissionDenied."""
        async with self._database.transaction() as transaction:
            before = await self._providers.lock(transaction, provider_id(name, "name"))
            after = before.switched_off(_switch(caller, before), self._clock.now())
            await self._providers.save(transaction, after)
            await self._announcer.changed(transaction, before, after, reason, Acting.by(caller))
            await refuse_open_tasks(transaction, after, self._tasks, self._announcer, self._clock.now())
            await notify(transaction, wake.PROVIDERS, wake.payload([after.id]))
        return after

    async def enable(self, caller: Caller, name: str) -> Provider:
        """Switches a provider on again. Raises NotFound, PermissionDenied, FailedPrecondition."""
        async with self._database.transaction() as transaction:
            before = await self._providers.lock(transaction, provider_id(name, "name"))
            after = before.switched_on(_switch(caller, before), self._clock.now())
            await self._providers.save(transaction, after)
            await self._announcer.changed(transaction, before, after, "switched on", Acting.by(caller))
        return after

    async def revoke(self, caller: Caller, name: str, serial: str, reason: str) -> Provider:
        """Revokes one certificate, or all with an empty serial, and closes their streams.

        Raises NotFound, and InvalidInput for a serial that is not valid now.
        """
        async with self._database.transaction() as transaction:
            provider = await self._providers.lock(transaction, provider_id(name, "provider"))
            wanted = given_serial(serial) if serial else None
            revoked = await self._certificates.revoke(transaction, provider.id, wanted)
            if wanted and not revoked:
                raise InvalidInput.of("serial", f"{provider.name} has no valid certificate with this serial")
            for each in revoked:
                await self._announcer.revoked(transaction, provider, each, reason, Acting.by(caller))
            await notify(transaction, wake.PROVIDERS, wake.payload([provider.id]))
        return provider


async def refuse_open_tasks(
    transaction: Transaction, provider: Provider, tasks: Tasks, announcer: Announcer, now: datetime
) -> None:
    """Whoever asked learns at once that a provider that was switched off won't answer."""
    ended = await tasks.refuse_all(transaction, provider.id, now)
    await announcer.reported(transaction, [Outcome(task, refusal=DISABLED) for task in ended])


def _switch(caller: Caller, provider: Provider) -> Switch:
    if caller.has(Role.OPERATOR):
        return Switch.HUB
    if caller.organisation and caller.organisation == provider.organisation:
        return Switch.STEWARD
    raise PermissionDenied("NOT_YOUR_PROVIDER", f"{provider.name} belongs to another organisation")
