"""A node is gone in the middle of a query and comes back: its task is delivered a second time."""

from __future__ import annotations

import random

from google.protobuf.json_format import MessageToDict

from cli.trace import whole_trace
from tests.e2e.expected_edges import EXPECTED, assert_delivered_twice, assert_edge
from tests.fault.asking import ask, asked_for, ended, new_question
from tests.fault.nothing_lost import assert_nothing_lost
from tests.fault.whole_stack import PROVIDERS, WholeStack
from tests.world import until


async def test_a_task_delivered_twice_is_answered_once_and_its_trace_keeps_every_edge(stack: WholeStack) -> None:
    code = PROVIDERS[1].code
    provider = f"providers/{code}"
    async with stack.signed_in("researcher") as researcher:
        with stack.frozen(f"node-{code}"):
            query = await ask(researcher, asked_for(new_question(random.Random(5))))

            async def delivered() -> bool:
                async with stack.database() as database:
                    tasks = "SELECT state FROM federation.tasks WHERE asking_resource = $1 AND provider = $2"
                    return bool(await database.fetchval(tasks, query.name, code) == "DELIVERED")

            await until(delivered)
            stack.kill(f"node-{code}")
        query = await ended(researcher, query.name)
        trace = MessageToDict(await whole_trace(researcher, query.trace_id), preserving_proto_field_name=True)
    await assert_nothing_lost(stack, [query])
    for edge in EXPECTED:
        assert_edge(edge, trace["spans"], {folder.provider.code for folder in stack.up.folders})
    assert_delivered_twice(trace["spans"], provider)
