"""When a node is asked."""

from datetime import UTC, datetime
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.description import (
    FIRST_WAIT,
    LONGEST_WAIT,
    Description,
    Progress,
    failed,
    requested,
    taken,
    wanted,
)
from catalogue.domain.names import ProviderName

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PROVIDER = ProviderName("providers/ghent")


def asked(epoch: str = "e1", known: Description | None = None) -> Description:
    return requested(PROVIDER, known, epoch, uuid4(), NOW)


def test_an_epoch_is_asked_for_once_and_a_new_one_again() -> None:
    assert wanted(None, "e1")
    assert not wanted(None, "")
    assert not wanted(asked("e1"), "e1")
    assert wanted(asked("e1"), "e2")


def test_an_answer_that_is_one_snapshot_ahead_is_not_asked_for_again() -> None:
    ahead = taken(asked("e1"), "e2", ())
    assert not wanted(ahead, "e1")
    assert not wanted(ahead, "e2")


@given(st.integers(1, 200))
def test_the_wait_doubles_up_to_an_hour(attempts: int) -> None:
    description = asked()
    for _ in range(attempts - 1):
        description = asked(known=failed(description, "BUSY: later", NOW))
    waiting = failed(description, "BUSY: later", NOW)
    assert (waiting.attempts, waiting.progress) == (attempts, Progress.WAITING)
    assert waiting.due is not None
    assert waiting.due - NOW == min(FIRST_WAIT * 2 ** min(attempts - 1, 30), LONGEST_WAIT)


def test_a_new_epoch_begins_without_a_wait() -> None:
    waiting = failed(asked("e1"), "BUSY: later", NOW)
    assert asked("e2", waiting).attempts == 1
