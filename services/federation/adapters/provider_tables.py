"""Providers, invitations and certificates in PostgreSQL."""

from __future__ import annotations

from sqlalchemy import Row, text

from federation.domain.certificate import Certificate, Serial
from federation.domain.invitation import Invitation
from federation.domain.provider import Link, Provider, ProviderId, Switch, resource_name
from kit.database.engine import Transaction
from kit.errors import AlreadyExists, NotFound

_COLUMNS = (
    "id, display_name, country, organisation, create_time, state_time, link, switched_off, node_version, epoch,"
    " certificate_serial, certificate_expire_time"
)
_ADD = text(
    f"""INSERT INTO providers ({_COLUMNS}) VALUES (:id, :display_name, :country, :organisation, :create_time,
        :state_time, :link, :switched_off, :node_version, :epoch, :certificate_serial, :certificate_expire_time)
        ON CONFLICT (id) DO NOTHING"""  # noqa: S608 - constants
)
_GET = text(f"SELECT {_COLUMNS} FROM providers WHERE id = :id")  # noqa: S608
_LOCK = text(f"SELECT {_COLUMNS} FROM providers WHERE id = :id FOR UPDATE")  # noqa: S608
_PAGE = text(f"SELECT {_COLUMNS} FROM providers WHERE id > :after ORDER BY id LIMIT :size")  # noqa: S608
_SAVE = text(
    """UPDATE providers SET state_time = :state_time, link = :link, switched_off = :switched_off,
       node_version = :node_version, epoch = :epoch, certificate_serial = :certificate_serial,
       certificate_expire_time = :certificate_expire_time WHERE id = :id"""
)


class ProviderTable:
    """The port Providers."""

    async def add(self, transaction: Transaction, provider: Provider) -> None:
        added = await transaction.execute(_ADD, _values(provider))
        if added.rowcount != 1:
            raise AlreadyExists(provider.name)

    async def get(self, transaction: Transaction, provider: ProviderId) -> Provider:
        row = (await transaction.execute(_GET, {"id": provider})).one_or_none()
        if row is None:
            raise NotFound(resource_name(provider))
        return _provider(row)

    async def lock(self, transaction: Transaction, provider: ProviderId) -> Provider:
        row = (await transaction.execute(_LOCK, {"id": provider})).one_or_none()
        if row is None:
            raise NotFound(resource_name(provider))
        return _provider(row)

    async def save(self, transaction: Transaction, provider: Provider) -> None:
        await transaction.execute(_SAVE, _values(provider))

    async def page(self, transaction: Transaction, after: str, size: int) -> list[Provider]:
        return [_provider(row) for row in await transaction.execute(_PAGE, {"after": after, "size": size})]


class InvitationTable:
    """The port Invitations."""

    async def add(self, transaction: Transaction, invitation: Invitation) -> None:
        await transaction.execute(
            text("INSERT INTO invitations VALUES (:hash, :provider, :expire, :used)"),
            {
                "hash": invitation.token_hash,
                "provider": invitation.provider,
                "expire": invitation.expire_time,
                "used": invitation.used,
            },
        )

    async def lock(self, transaction: Transaction, token_hash: bytes) -> Invitation | None:
        found = await transaction.execute(
            text("SELECT provider, expire_time, used FROM invitations WHERE token_hash = :hash FOR UPDATE"),
            {"hash": token_hash},
        )
        row = found.one_or_none()
        return None if row is None else Invitation(token_hash, ProviderId(row.provider), row.expire_time, row.used)

    async def use(self, transaction: Transaction, token_hash: bytes) -> None:
        await transaction.execute(
            text("UPDATE invitations SET used = true WHERE token_hash = :hash"), {"hash": token_hash}
        )


class CertificateTable:
    """The port Certificates."""

    async def add(self, transaction: Transaction, certificate: Certificate) -> None:
        await transaction.execute(
            text("INSERT INTO certificates VALUES (:serial, :provider, :expire, :revoked)"),
            {
                "serial": certificate.serial,
                "provider": certificate.provider,
                "expire": certificate.expire_time,
                "revoked": certificate.revoked,
            },
        )

    async def get(self, transaction: Transaction, serial: Serial) -> Certificate | None:
        found = await transaction.execute(
            text("SELECT provider, expire_time, revoked FROM certificates WHERE serial = :serial"), {"serial": serial}
        )
        row = found.one_or_none()
        return None if row is None else Certificate(serial, ProviderId(row.provider), row.expire_time, row.revoked)

    async def revoke(self, transaction: Transaction, provider: ProviderId, serial: Serial | None) -> list[Serial]:
        revoked = await transaction.execute(
            text(
                """UPDATE certificates SET revoked = true WHERE provider = :provider AND NOT revoked
                   AND (CAST(:serial AS text) IS NULL OR serial = :serial) RETURNING serial"""
            ),
            {"provider": provider, "serial": serial},
        )
        return [Serial(row.serial) for row in revoked]


def _values(provider: Provider) -> dict[str, object]:
    return {
        "id": provider.id,
        "display_name": provider.display_name,
        "country": provider.country,
        "organisation": provider.organisation,
        "create_time": provider.create_time,
        "state_time": provider.state_time,
        "link": provider.link.value,
        "switched_off": sorted(switch.value for switch in provider.off),
        "node_version": provider.node_version,
        "epoch": provider.epoch,
        "certificate_serial": provider.certificate_serial,
        "certificate_expire_time": provider.certificate_expire_time,
    }


def _provider(row: Row[tuple[object, ...]]) -> Provider:
    return Provider(
        id=ProviderId(row.id),
        display_name=row.display_name,
        country=row.country,
        organisation=row.organisation,
        create_time=row.create_time,
        state_time=row.state_time,
        link=Link(row.link),
        off=frozenset(Switch(switch) for switch in row.switched_off),
        node_version=row.node_version,
        epoch=row.epoch,
        certificate_serial=row.certificate_serial,
        certificate_expire_time=row.certificate_expire_time,
    )
