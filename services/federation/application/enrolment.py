"""How a node gets its certificate: first by invitation, then by renewal."""

from __future__ import annotations

from dataclasses import dataclass

from federation.application.ports import (
    Announcer,
    Authority,
    Certificates,
    Invitations,
    IssuedCertificate,
    Providers,
)
from federation.domain.invitation import check_usable, token_hash
from federation.domain.provider import Provider, ProviderId
from kit.clock import Clock
from kit.database.engine import Database, Transaction
from kit.events.outbox import Acting


@dataclass(frozen=True, slots=True)
class Enrolled:
    provider: Provider
    issued: IssuedCertificate


class Enrolment:
    """The use cases of EnrolmentService, and BorderService's renewal."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        providers: Providers,
        invitations: Invitations,
        certificates: Certificates,
        announcer: Announcer,
        authority: Authority,
    ) -> None:
        self._database = database
        self._clock = clock
        self._providers = providers
        self._invitations = invitations
        self._certificates = certificates
        self._announcer = announcer
        self._authority = authority

    async def enrol(self, token: str, request: bytes) -> Enrolled:
        """Trades an invitation for a certificate. Raises PermissionDenied, InvalidInput.

        A malformed request leaves the invitation unused.
        """
        async with self._database.transaction() as transaction:
            hashed = token_hash(token)
            invitation = check_usable(await self._invitations.lock(transaction, hashed), self._clock.now())
            await self._invitations.use(transaction, hashed)
            return await self._issue(transaction, invitation.provider, request, renewal=False)

    async def renew(self, provider: ProviderId, request: bytes) -> Enrolled:
        """A new certificate for a new key. Raises InvalidInput."""
        async with self._database.transaction() as transaction:
            return await self._issue(transaction, provider, request, renewal=True)

    async def _issue(
        self, transaction: Transaction, provider: ProviderId, request: bytes, *, renewal: bool
    ) -> Enrolled:
        before = await self._providers.lock(transaction, provider)
        issued = self._authority.issue(before.id, request, self._clock.now())
        certificate = issued.certificate
        after = before.certified(certificate.serial, certificate.expire_time)
        await self._certificates.add(transaction, certificate)
        await self._providers.save(transaction, after)
        acting = Acting(actor=before.name, organisation=before.organisation, country=before.country)
        await self._announcer.issued(transaction, after, certificate.serial, renewal, acting)
        await self._announcer.changed(transaction, before, after, "", acting)
        return Enrolled(after, issued)
