"""Kafka and PostgreSQL go away for a while and come back. `ONCORDIA_AWAY_SECONDS` is for how long."""

from __future__ import annotations

import os

import pytest

from stack.kafka import KAFKA
from stack.postgres import POSTGRES
from tests.fault.seeds import seeds
from tests.fault.taking_away import How, take_away
from tests.fault.whole_stack import WholeStack

AWAY_SECONDS = float(os.environ.get("ONCORDIA_AWAY_SECONDS", "12"))


@pytest.mark.parametrize("seed", seeds())
@pytest.mark.parametrize("how", How)
@pytest.mark.parametrize("process", [KAFKA, POSTGRES])
async def test_what_is_asked_while_it_is_away_is_answered_afterwards(
    stack: WholeStack, process: str, how: How, seed: int
) -> None:
    await take_away(stack, process, how, AWAY_SECONDS, seed)
