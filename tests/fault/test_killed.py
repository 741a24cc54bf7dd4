"""kill -9 of each one process during queries; the stack's supervisor starts it again."""

from __future__ import annotations

import pytest

from tests.fault.killing import PROCESSES, kill_during_queries
from tests.fault.seeds import seeds
from tests.fault.whole_stack import WholeStack


@pytest.mark.parametrize("seed", seeds())
@pytest.mark.parametrize("process", PROCESSES)
async def test_a_query_ends_with_every_answer_once_when_a_process_is_killed(
    stack: WholeStack, process: str, seed: int
) -> None:
    await kill_during_queries(stack, process, seed)
