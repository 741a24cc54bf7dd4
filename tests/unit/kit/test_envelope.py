"""How events travel."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from kit.events import envelope
from kit.events.outcome import Outcome


def travelled(outcome: Outcome) -> tuple[dict[str, str], envelope.Message]:
    """The headers of an event, and what is read from them."""
    headers = envelope.headers(
        event_id=UUID(int=1),
        type_="t",
        producer="p",
        key="k",
        time=datetime(2026, 5, 4, tzinfo=UTC),
        traceparent="",
        acting={},
        outcome=outcome,
    )
    raw = [(name, content.encode()) for name, content in headers]
    return dict(headers), envelope.parse("topic", 0, 0, b"k", raw, b"")


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_outcome_arrives(outcome: Outcome) -> None:
    assert travelled(outcome)[1].outcome == outcome


def test_that_it_was_done_is_not_said_on_the_wire() -> None:
    assert "ce_outcome" not in travelled(Outcome.DONE)[0]
    assert travelled(Outcome.REFUSED)[0]["ce_outcome"] == "refused"
