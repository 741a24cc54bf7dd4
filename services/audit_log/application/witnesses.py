"""What the log needs of witnesses, and what it tells of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias

from tlog.add_checkpoint import AddCheckpoint
from tlog.note import Signature
from tlog.policy import Witness


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The witness cosigned; not verified yet."""

    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class HasSize:
    """The witness has a tree of another size than the request began from, or another tree of that size."""

    size: int


@dataclass(frozen=True, slots=True)
class NotCosigned:
    """The witness refused, with this HTTP status and in these words."""

    status: int
    words: str


Answer: TypeAlias = Cosigned | HasSize | NotCosigned


class WitnessSilent(Exception):
    """The witness gave no answer, or none that the protocol knows. Says why."""


class Witnesses(Protocol):
    """Witnesses by the address of their submission prefix."""

    async def ask(self, url: str, request: AddCheckpoint) -> Answer:
        """Raises WitnessSilent, after some seconds at most."""
        ...


class TroubleKind(Enum):
    """Why a witness did not cosign."""

    SILENT = "it does not answer"
    REFUSES = "it refuses"
    DAMAGED = "our own log can't prove that it grew"
    CONTRADICTS = "it has seen another log under our key"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a witness did not cosign, in words."""

    kind: TroubleKind
    words: str


class Watch(Protocol):
    """Is told how it goes, for metrics and operators."""

    def cosigned(self, witness: Witness, size: int, time: int) -> None: ...

    def troubled(self, witness: Witness, trouble: Trouble) -> None:
        """At each try that fails."""
        ...

    def published(self, size: int) -> None:
        """The policy is met at this size, and the world can know."""
        ...

    def late(self, size: int) -> None:
        """The witnesses have had their time for this size, and the policy isn't met."""
        ...

    def unwritable(self, where: str) -> None:
        """The cosigned checkpoint is in the database, but can't be written to its file."""
        ...
