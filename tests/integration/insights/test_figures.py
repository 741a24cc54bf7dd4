"""The live figures stay exact, whatever happens to the worker. Each test has countries of its own (user-assigned
codes of ISO 3166), because all tests of a session share the topics."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from kit.events import topics
from kit.events.dead_letters import Letter
from kit.events.replay import LetterBox
from kit.settings import KafkaSettings
from oncordia.catalogue.v1 import data_set_pb2
from oncordia.events.v1 import query_pb2
from oncordia.federation.v1 import provider_pb2
from oncordia.insights.v1.country_statistics_pb2 import CountryStatistics
from oncordia.insights.v1.insights_service_pb2 import ListCountryStatisticsRequest
from oncordia.query.v1 import provider_answer_pb2
from tests.integration.insights.conftest import Insights
from tests.integration.insights.publisher import Draft, Publisher
from tests.world import until

if TYPE_CHECKING:
    from oncordia.insights.v1.insights_service_pb2_grpc import InsightsServiceAsyncStub


async def figures(stub: InsightsServiceAsyncStub, country: str) -> CountryStatistics:
    """Asked without a token: the figures are public."""
    answer = await stub.ListCountryStatistics(ListCountryStatisticsRequest(), wait_for_ready=True)
    codes = [one.country for one in answer.countries]
    assert codes == sorted(codes)
    return next((one for one in answer.countries if one.country == country), CountryStatistics(country=country))


async def reach(stub: InsightsServiceAsyncStub, country: str, **expected: int) -> None:
    """Waits until the country's figures are these, and the others of it nothing."""
    wanted = CountryStatistics(country=country, **expected)

    async def there() -> bool:
        return await figures(stub, country) == wanted

    try:
        await until(there, 60)
    except TimeoutError:
        assert await figures(stub, country) == wanted


def provider(number: int, country: str, state: provider_pb2.ProviderState.ValueType) -> Draft:
    name = f"providers/{country.lower()}-{number}"
    return Draft(topics.state("federation"), name, provider_pb2.Provider(name=name, country=country, state=state))


def data_set(
    number: int,
    country: str,
    subjects: int,
    state: data_set_pb2.DataSetState.ValueType = data_set_pb2.DATA_SET_STATE_ACTIVE,
) -> Draft:
    name = f"dataSets/{country.lower()}.{number}"
    payload = data_set_pb2.DataSet(name=name, country=country, subjects=subjects, state=state)
    return Draft(topics.state("catalogue"), name, payload)


def gone(draft: Draft) -> Draft:
    return Draft(draft.topic, draft.key, None)


def asked(number: int, country: str) -> Draft:
    name = f"cohortQueries/{country.lower()}-{number}"
    return Draft(topics.events("query"), name, query_pb2.CohortQueryCreated(query=name), country)


def answered(
    number: int,
    country: str,
    state: provider_answer_pb2.AnswerState.ValueType = provider_answer_pb2.ANSWER_STATE_ANSWERED,
) -> Draft:
    name = f"cohortQueries/{country.lower()}-{number}"
    answer = provider_answer_pb2.ProviderAnswer(provider="providers/any", country=country, state=state)
    return Draft(topics.events("query"), name, query_pb2.CohortQueryAnswerRecorded(query=name, answer=answer), "XZ")


LIVE = provider_pb2.PROVIDER_STATE_LIVE
STALE = provider_pb2.PROVIDER_STATE_STALE


async def test_providers_and_data_sets_are_as_their_newest_state_says(
    stub: InsightsServiceAsyncStub, publisher: Publisher
) -> None:
    first = [provider(1, "XC", LIVE), provider(2, "XC", LIVE), provider(3, "XC", STALE)]
    await publisher.publish([*first, data_set(1, "XC", 100), data_set(2, "XC", 50), data_set(3, "XC", 7)])
    await reach(stub, "XC", providers=3, live_providers=2, data_sets=3, subjects=157)
    retired = data_set(3, "XC", 7, data_set_pb2.DATA_SET_STATE_RETIRED)
    await publisher.publish(
        [provider(1, "XC", STALE), gone(first[1]), data_set(1, "XC", 90), gone(data_set(2, "XC", 0))]
    )
    await publisher.publish([retired])
    await reach(stub, "XC", providers=2, data_sets=1, subjects=90)


async def test_questions_count_where_they_are_asked_and_answers_where_they_are_given(
    stub: InsightsServiceAsyncStub, publisher: Publisher
) -> None:
    refused = answered(9, "XD", provider_answer_pb2.ANSWER_STATE_REFUSED)
    await publisher.publish([asked(1, "XD"), asked(2, "XD"), answered(1, "XD"), refused, asked(3, "")])
    await reach(stub, "XD", queries_asked=2, answers_given=1)


async def test_duplicates_change_nothing(stub: InsightsServiceAsyncStub, publisher: Publisher) -> None:
    events = [asked(number, "XE") for number in range(50)]
    await publisher.publish([*events, *events])
    await publisher.publish(events)
    await publisher.publish([asked(100, "XE"), answered(100, "XE")])
    await reach(stub, "XE", queries_asked=51, answers_given=1)


async def test_what_was_aborted_is_never_counted(stub: InsightsServiceAsyncStub, publisher: Publisher) -> None:
    await publisher.publish_and_abort([asked(number, "XF") for number in range(20)])
    await publisher.publish([asked(100, "XF")])
    await reach(stub, "XF", queries_asked=1)


async def test_a_worker_killed_in_the_middle_of_2000_events_ends_with_the_exact_figures(
    insights: Insights, stub: InsightsServiceAsyncStub, publisher: Publisher
) -> None:
    questions = [asked(number, "XG") for number in range(1_000)]
    answers = [answered(number, "XG") for number in range(1_000)]
    states = [provider(number % 10, "XG", LIVE if number % 2 else STALE) for number in range(40)]
    events = [event for pair in zip(questions, answers, strict=True) for event in pair]

    async def begun() -> bool:
        return (await figures(stub, "XG")).queries_asked >= 100

    await publisher.publish([*events, *states])
    await until(begun, 60)
    assert (await figures(stub, "XG")).queries_asked < 1_000
    await asyncio.to_thread(insights.kill_worker)
    await reach(stub, "XG", queries_asked=1_000, answers_given=1_000, providers=10, live_providers=5)


async def test_a_message_that_cannot_be_taken_is_put_aside_and_the_next_ones_are_taken(
    stub: InsightsServiceAsyncStub, publisher: Publisher, kafka_settings: KafkaSettings
) -> None:
    broken = Draft(topics.state("federation"), "providers/broken", b"\xff\xff no protobuf")
    nowhere = Draft(
        topics.state("federation"),
        "providers/nowhere",
        provider_pb2.Provider(name="providers/nowhere", country="Atlantis"),
    )
    await publisher.publish([broken, nowhere, provider(1, "XH", LIVE)])
    await reach(stub, "XH", providers=1, live_providers=1)
    box = LetterBox(kafka_settings, "insights")

    async def of(draft: Draft) -> dict[int, Letter]:
        return {number: one for number, one in (await box.letters()).items() if one.key == draft.key.encode()}

    async def put_aside(draft: Draft, times: int) -> bool:
        return len(await of(draft)) == times

    for draft, words in ((broken, "DecodeError"), (nowhere, "country")):
        await until(lambda draft=draft: put_aside(draft, 1), 60)  # type: ignore[misc]  # the loop's own
        assert words in next(iter((await of(draft)).values())).reason
    # Replayed with the fault still there, it is put aside anew, from where it first stood.
    await box.replay(list(await of(broken)))
    await until(lambda: put_aside(broken, 2), 60)
    assert len({letter.place for letter in (await of(broken)).values()}) == 1


async def rebuild(insights: Insights) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "insights", "rebuild", env={**os.environ, **insights.environment}
    )
    return await process.wait()


async def test_a_rebuild_reads_everything_again_and_counts_nothing_twice(
    insights: Insights, stub: InsightsServiceAsyncStub, publisher: Publisher
) -> None:
    await publisher.publish([provider(1, "XI", LIVE), data_set(1, "XI", 12), asked(1, "XI"), answered(1, "XI")])
    await reach(stub, "XI", providers=1, live_providers=1, data_sets=1, subjects=12, queries_asked=1, answers_given=1)
    assert await rebuild(insights) != 0, "refused while the worker runs"
    await asyncio.to_thread(insights.end_worker)
    try:
        assert await rebuild(insights) == 0
        assert (await figures(stub, "XI")).providers == 0
    finally:
        await asyncio.to_thread(insights.start_worker)
    await reach(stub, "XI", providers=1, live_providers=1, data_sets=1, subjects=12, queries_asked=1, answers_given=1)
