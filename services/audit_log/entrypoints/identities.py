"""Sealed identities from Kafka, opened into the vault."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import DecodeError
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from audit_log.application.ports import Vault
from audit_log.domain.identity import Identity
from kit.database.engine import Transaction
from kit.errors import FailedPrecondition, InvalidInput
from kit.events.envelope import Message
from kit.identity import keys
from oncordia.events.v1 import access_pb2


def vault_box(directory: Path) -> SealedBox[PrivateKey]:
    """Opens with vault.key. Raises FailedPrecondition naming the file, if missing, damaged or not that of vault.pub."""
    content = keys.read(directory, keys.VAULT_PRIVATE)
    if len(content) != PrivateKey.SIZE:
        raise FailedPrecondition(
            "KEY_DAMAGED", f"the key {keys.VAULT_PRIVATE} in {directory} must have 32 bytes; restore it"
        )
    key = PrivateKey(content)
    if bytes(key.public_key) != keys.read(directory, keys.VAULT_PUBLIC):
        raise FailedPrecondition(
            "KEY_MISMATCH",
            f"{keys.VAULT_PRIVATE} and {keys.VAULT_PUBLIC} in {directory} are not of one pair; restore both",
        )
    return SealedBox(key)


@dataclass(frozen=True, slots=True)
class IdentitiesConsumer:
    """Puts each identity into the vault. Raises InvalidInput for what was not sealed to this vault."""

    vault: Vault
    box: SealedBox[PrivateKey]

    async def __call__(self, transaction: Transaction, message: Message) -> None:
        outer = access_pb2.IdentitySealed.FromString(message.value or b"")
        try:
            content = access_pb2.SealedIdentity.FromString(self.box.decrypt(outer.sealed))
        except (CryptoError, DecodeError, TypeError, ValueError):
            raise InvalidInput.of("sealed", "is no identity that was sealed to this vault's key") from None
        if not outer.subject:
            raise InvalidInput.of("subject", "is empty")
        if not content.actors:
            raise InvalidInput.of("actors", "are missing")
        identity = Identity(
            issuer=content.issuer,
            token_subject=content.token_subject,
            display_name=content.display_name,
            organisation=content.organisation,
            actors={handle: year for year, handle in content.actors.items()},
        )
        await self.vault.put(transaction, outer.subject, identity, message.time)
