"""The demo's query, from the call to the last of its answers, with stored answers and with a new question each time."""

import asyncio
import itertools
import time
from collections.abc import Iterator

from cli.client import Hub, hub
from cli.login import local_token
from cli.profile import Profile
from cli.query import ask
from cli.trace import whole_trace
from cli.waterfall import OwnSpan
from oncordia.query.v1 import cohort_query_pb2, provider_answer_pb2
from stack.demo.story import PURPOSE, QUESTION
from tests.bench.figure import Figure, Row
from tests.bench.hops import hops, typical
from tests.bench.percentiles import percentile

STORED_RUNS, NEW_RUNS, WARM_UP = 200, 100, 10
# So that one query's events are logged before the next is asked: this is about latency, not about throughput.
PAUSE_SECONDS = 0.2
# Traces that are looked at, evenly over the runs.
TRACES = 25


async def measure_stored(profile: Profile) -> Figure:
    """The same question again and again."""
    return await _measure(
        profile, "query_stored", "The demo's query, stored answers", STORED_RUNS, itertools.repeat(QUESTION), 40, 80
    )


async def measure_new(profile: Profile) -> Figure:
    """The same with one more predicate, never asked before, which every study fulfils."""
    return await _measure(
        profile, "query_new", "The demo's query, a new question each time", NEW_RUNS, _new_questions(), 120, 250
    )


def _new_questions() -> Iterator[str]:
    first = time.time_ns() // 1_000
    return (f"{QUESTION} AND series_count <= {number}" for number in itertools.count(first))


async def _measure(
    profile: Profile, name: str, title: str, runs: int, questions: Iterator[str], p50: float, p95: float
) -> Figure:
    token = await asyncio.to_thread(local_token, profile, "researcher")
    async with hub(profile, token) as researcher:
        for _ in range(WARM_UP):
            await _one(researcher, next(questions))
        asked = [await _one(researcher, next(questions)) for _ in range(runs)]
        found = []
        for query, own in asked[:: max(runs // TRACES, 1)]:
            trace = await whole_trace(researcher, query.trace_id)
            found.append(hops(trace.spans, own))
    took = [(own.end_unix_nano - own.begin_unix_nano) / 1e6 for _, own in asked]
    how = (
        f"{runs} runs by `ask` of the `oncordia` command, {PAUSE_SECONDS:g} s apart, after {WARM_UP} to warm up: from "
        f"the call to the end of the stream, which the last of 8 answers brings. Below: the median of each step on the "
        f"way of the last answer, from {len(found)} of their traces."
    )
    rows = (Row("p50", percentile(took, 50), "ms", at_most=p50), Row("p95", percentile(took, 95), "ms", at_most=p95))
    return Figure(name, title, how, rows, typical(found))


async def _one(researcher: Hub, question: str) -> tuple[cohort_query_pb2.CohortQuery, OwnSpan]:
    query, own = await ask(researcher, question, purpose=PURPOSE)
    answered = [a for a in query.answers if a.state == provider_answer_pb2.ANSWER_STATE_ANSWERED]
    if len(answered) != 8:
        raise RuntimeError(f"{query.name} has {len(answered)} of 8 answers")
    await asyncio.sleep(PAUSE_SECONDS)
    return query, own
