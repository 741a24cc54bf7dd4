"""What the audit log is told of answers."""

from collections.abc import Sequence
from typing import cast

import pytest

from kit.clock import SystemClock
from kit.database.engine import Transaction
from kit.events.outbox import Outbox, Prepared
from query_broker.adapters.kafka import OutboxPublisher
from query_broker.domain.answer import AnswerState, Report
from tests.unit.query_broker.builders import answer, query


class Kept(Outbox):
    """Keeps what would be added."""

    def __init__(self) -> None:
        super().__init__("query_broker", SystemClock())
        self.rows: list[Prepared] = []

    async def add_all(self, transaction: Transaction, many: Sequence[Prepared]) -> None:
        self.rows += many


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (AnswerState.ANSWERED, None),
        (AnswerState.CANCELLED, None),
        (AnswerState.REFUSED, "refused"),
        (AnswerState.FAILED, "failed"),
        (AnswerState.TIMED_OUT, "failed"),
    ],
)
async def test_an_answer_that_a_provider_refused_or_did_not_give_is_told_as_such(
    state: AnswerState, outcome: str | None
) -> None:
    outbox, final = Kept(), answer(Report(state))
    await OutboxPublisher(outbox).answered(cast(Transaction, None), query(final), [final])
    (row,) = outbox.rows
    assert dict(row.headers).get("ce_outcome") == outcome
