"""How the catalogue gets a provider's description: asked once for each epoch, and again with back-off when it fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from catalogue.domain.names import ProviderName

# A node may be away for days; a task that outlives it is answered when it is back.
ANSWER_WITHIN = timedelta(days=3)
# If even the report of a passed deadline is lost, the catalogue asks again by itself.
REPORT_GRACE = timedelta(hours=1)
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)


class Progress(Enum):
    REQUESTED = "requested"
    TAKEN = "taken"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Description:
    """Where a provider's description stands. `due` is when to ask again if nothing has come by then; None once taken.

    `taken_epoch` is what the last taken answer described: a node may be one snapshot ahead of what was asked.
    """

    provider: ProviderName
    epoch: str
    task_id: UUID
    attempts: int
    progress: Progress
    due: datetime | None
    taken_epoch: str = ""
    problems: tuple[str, ...] = ()


def wanted(known: Description | None, epoch: str) -> bool:
    """Whether a provider that is at this epoch is to be asked."""
    return bool(epoch) and (known is None or epoch not in (known.epoch, known.taken_epoch))


def deadline(now: datetime) -> datetime:
    """Until when a node may answer what is asked now."""
    return now + ANSWER_WITHIN


def requested(
    provider: ProviderName, known: Description | None, epoch: str, task_id: UUID, now: datetime
) -> Description:
    """Asked now, for the first time or again."""
    again = known is not None and known.epoch == epoch
    return Description(
        provider=provider,
        epoch=epoch,
        task_id=task_id,
        attempts=known.attempts + 1 if known is not None and again else 1,
        progress=Progress.REQUESTED,
        due=deadline(now) + REPORT_GRACE,
        taken_epoch="" if known is None else known.taken_epoch,
        problems=known.problems if known is not None and again else (),
    )


def taken(known: Description, epoch: str, problems: tuple[str, ...]) -> Description:
    """The answer is in the catalogue, but for what could not be taken."""
    return replace(known, progress=Progress.TAKEN, due=None, taken_epoch=epoch, problems=problems)


def failed(known: Description, problem: str, now: datetime) -> Description:
    """The attempt gave nothing: the wait doubles with each."""
    wait = min(FIRST_WAIT * 2 ** min(known.attempts - 1, 20), LONGEST_WAIT)
    return replace(known, progress=Progress.WAITING, due=now + wait, problems=(problem,))
