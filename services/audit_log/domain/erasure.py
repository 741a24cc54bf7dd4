"""A person's request to be forgotten, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NewType
from uuid import UUID

ErasureId = NewType("ErasureId", UUID)


class ErasureState(Enum):
    RESTRICTED = "a law asks to know who it was; auditors see it, with the restriction"
    ERASING = "the vault has forgotten who it was, and some service has yet to confirm that it has too"
    ERASED = "everybody has"


@dataclass(frozen=True, slots=True)
class Erasure:
    """`restricted_until` is None once it is carried out, at `erase_time`."""

    id: ErasureId
    request_time: datetime
    restricted_until: datetime | None
    erase_time: datetime | None
    confirmed: frozenset[str]
    awaited: frozenset[str]

    @property
    def name(self) -> str:
        return erasure_name(self.id)

    @property
    def state(self) -> ErasureState:
        if self.erase_time is None:
            return ErasureState.RESTRICTED
        return ErasureState.ERASING if self.awaited else ErasureState.ERASED


def erasure_name(id_: ErasureId) -> str:
    """`erasures/{id}`, also the resource of all entries about it."""
    return f"erasures/{id_}"
