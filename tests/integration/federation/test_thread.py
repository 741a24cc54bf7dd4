"""From a request on Kafka over the border to a node, and its answer back."""

from __future__ import annotations

from oncordia.events.v1 import tasks_pb2
from oncordia.type.v1 import count_pb2
from tests.integration.federation.world import LIVE, STALE, Hub


async def test_a_count_goes_to_the_node_and_its_protected_answer_comes_back(hub: Hub) -> None:
    provider, node = await hub.live_node()
    report = await hub.asking.ended(await hub.asking.count(provider))
    assert report.state == tasks_pb2.TASK_STATE_DONE, report
    assert report.provider == provider
    answer = report.result.count
    assert [count.unit for count in answer.counts] == [
        count_pb2.COUNT_UNIT_SUBJECTS,
        count_pb2.COUNT_UNIT_STUDIES,
        count_pb2.COUNT_UNIT_SERIES,
    ]
    assert answer.epoch == (await hub.get(provider)).epoch
    assert not answer.stored
    again = await hub.asking.ended(await hub.asking.count(provider))
    assert again.result.count.stored
    assert list(again.result.count.counts) == list(answer.counts)
    assert node.stop() == 0
    await hub.becomes(provider, STALE)


async def test_an_answer_comes_once_when_node_and_hub_are_killed_in_the_middle(hub: Hub) -> None:
    provider, node = await hub.live_node()
    node.kill()
    first = await hub.asking.count(provider)
    node.start()
    await hub.asking.ended(first)
    hub.process.kill()
    second = await hub.asking.count(provider, filter_='sex = "M"')
    hub.process.start()
    await hub.asking.ended(second)
    await hub.becomes(provider, LIVE)
    third = await hub.asking.count(provider)
    await hub.asking.ended(third)
    for task in (first, second, third):
        assert [r.state for r in hub.asking.of(task)].count(tasks_pb2.TASK_STATE_DONE) == 1
