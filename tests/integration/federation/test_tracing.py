"""One trace from the asking side over the border and back."""

from __future__ import annotations

from tests.integration.federation.spans import collecting
from tests.integration.federation.world import TRACE, Hub
from tests.world import until


async def test_the_spans_of_a_node_are_in_the_trace_of_its_task(hub: Hub) -> None:
    async with collecting() as collector:
        hub.process.stop()
        hub.process.settings["ONCORDIA_OTLP_ENDPOINT"] = collector.address
        hub.process.start()
        provider, _ = await hub.live_node()
        await hub.asking.ended(await hub.asking.count(provider))

        async def complete() -> bool:
            names = {seen.span.name for seen in collector.seen}
            return names >= {
                "border deliver",
                "node task count",
                "node plan",
                "node evaluate",
                "node protect",
                "border receive",
            }

        await until(complete)
    spans = {
        name: collector.named(name)[0]
        for name in (
            "border deliver",
            "node task count",
            "node plan",
            "node evaluate",
            "node protect",
            "border receive",
        )
    }
    assert {seen.span.trace_id.hex() for seen in spans.values()} == {TRACE.split("-")[1]}
    task = spans["node task count"]
    assert (task.service, task.country) == (f"node/{provider.removeprefix('providers/')}", "PT")
    assert task.span.parent_span_id == spans["border deliver"].span.span_id
    for child in ("node plan", "node evaluate", "node protect", "border receive"):
        assert spans[child].span.parent_span_id == task.span.span_id
    for by_data in ("node task count", "node evaluate", "node protect"):
        span = spans[by_data].span
        milliseconds = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6
        assert str(int(milliseconds))[0] in "125"
        assert set(str(int(milliseconds))[1:]) <= {"0"}
    assert not any(seen.span.events for seen in spans.values() if seen.service.startswith("node/"))
