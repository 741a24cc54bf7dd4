"""The broker as a process, with real Kafka, PostgreSQL and tokens. The test stands where federation does."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import grpc
import pytest
import pytest_asyncio
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from oncordia.events.v1 import tasks_pb2
from oncordia.federation.v1 import provider_pb2
from oncordia.query.v1 import cohort_query_pb2, messages_pb2, provider_answer_pb2
from oncordia.query.v1.query_broker_service_pb2_grpc import QueryBrokerServiceStub
from oncordia.type.v1 import predicate_pb2
from tests.federation_topics import Federation
from tests.integration.query_broker.world import Broker, counted
from tests.real import FreshDatabase
from tests.world import LocalIssuer, ServiceProcess

COMPLETE = cohort_query_pb2.COHORT_QUERY_STATE_COMPLETE
RUNNING = cohort_query_pb2.COHORT_QUERY_STATE_RUNNING


@pytest.fixture(scope="module")
def process(
    hub_kafka: str, postgres: FreshDatabase, issuer: LocalIssuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceProcess]:
    home = tmp_path_factory.mktemp("broker")
    with ServiceProcess("query_broker", home, hub_kafka, postgres("query_broker"), issuer) as running:
        yield running


@pytest_asyncio.fixture
async def broker(process: ServiceProcess, hub_kafka: str, issuer: LocalIssuer) -> AsyncIterator[Broker]:
    federation = Federation(hub_kafka)
    await federation.start()
    async with process.channel() as channel:
        yield Broker(process, QueryBrokerServiceStub(channel), federation, issuer)
    await federation.stop()


def states(query: cohort_query_pb2.CohortQuery) -> dict[str, str]:
    return {
        a.display_name: provider_answer_pb2.AnswerState.Name(a.state).removeprefix("ANSWER_STATE_")
        for a in query.answers
    }


async def test_answers_arrive_one_by_one_and_the_last_completes_the_query(broker: Broker) -> None:
    await broker.federation.put("ghent")
    await broker.federation.put("lyon")
    await broker.knows("ghent", "lyon")
    query = await broker.ask("ghent", "lyon")
    assert query.state == RUNNING
    assert states(query) == {"Ghent": "PENDING", "Lyon": "PENDING"}
    task = await broker.federation.task()
    assert task.task.asking_organisation == "demo-university-leuven"
    await broker.federation.report(task, "ghent", count=counted(120))
    await broker.federation.report(task, "lyon", count=counted(80))
    ended = await broker.end_of(query.name)
    assert ended.state == COMPLETE
    assert states(ended) == {"Ghent": "ANSWERED", "Lyon": "ANSWERED"}
    (subjects, *_) = ended.totals.totals
    assert (subjects.value, subjects.providers, subjects.error_95) == (200, 2, 9)


async def test_a_repeated_or_late_report_changes_nothing(broker: Broker) -> None:
    await broker.federation.put("ghent")
    await broker.knows("ghent")
    query = await broker.ask("ghent")
    task = await broker.federation.task()
    await broker.federation.report(task, "ghent", count=counted(120))
    ended = await broker.end_of(query.name)
    await broker.federation.report(task, "ghent", count=counted(999))
    await broker.federation.report(task, "ghent", state=tasks_pb2.TASK_STATE_TIMED_OUT)
    # A later query of the same provider comes after both in the same topic, but for the partition: ask until it is.
    for _ in range(4):
        again = await broker.ask("ghent")
        await broker.federation.report(await broker.federation.task(), "ghent", count=counted(1))
        await broker.end_of(again.name)
    assert await broker.get(query.name) == ended


async def test_an_answer_with_an_unsupported_predicate_is_shown_and_not_added(broker: Broker) -> None:
    await broker.federation.put("ghent")
    await broker.knows("ghent")
    query = await broker.ask("ghent")
    answer = counted(120, predicate_pb2.PREDICATE_HANDLING_UNSUPPORTED)
    await broker.federation.report(await broker.federation.task(), "ghent", count=answer)
    ended = await broker.end_of(query.name)
    assert ended.totals.totals[0].providers == 0
    assert list(ended.totals.left_out) == ['Ghent: can\'t evaluate modality = "MR"']


async def test_a_provider_that_does_not_answer_is_timed_out_and_not_zero(broker: Broker) -> None:
    await broker.federation.put("ghent", provider_pb2.PROVIDER_STATE_STALE)
    await broker.knows("ghent")
    ended = await broker.end_of((await broker.ask("ghent", wait=1)).name)
    assert states(ended) == {"Ghent": "TIMED_OUT"}
    assert not ended.answers[0].counts


async def test_a_disabled_provider_is_refused_at_once_and_gets_no_task(broker: Broker) -> None:
    await broker.federation.put("ghent")
    await broker.federation.put("lyon", provider_pb2.PROVIDER_STATE_DISABLED_BY_PROVIDER)
    await broker.knows("ghent", "lyon")
    query = await broker.ask("ghent", "lyon")
    task = await broker.federation.task()
    assert [a.provider for a in task.assignments] == [broker.federation.name("ghent")]
    assert states(query)["Lyon"] == "REFUSED"


async def test_a_cancelled_query_ends_and_its_open_tasks_are_cancelled(broker: Broker) -> None:
    await broker.federation.put("ghent")
    await broker.knows("ghent")
    query = await broker.ask("ghent")
    await broker.federation.task()
    request = messages_pb2.CancelCohortQueryRequest(name=query.name)
    cancelled = await broker.stub.CancelCohortQuery(request, metadata=broker.by("researcher-1"))
    assert states(cancelled) == {"Ghent": "CANCELLED"}
    task = await broker.federation.task()
    assert task.task.asking_resource == query.name
    assert task.task.HasField("cancel")


async def test_a_repeated_request_id_asks_nothing_anew(broker: Broker) -> None:
    await broker.federation.put("ghent")
    await broker.knows("ghent")
    wanted = cohort_query_pb2.CohortQuery(filter='modality = "MR"', providers=[broker.federation.name("ghent")])
    request = messages_pb2.CreateCohortQueryRequest(cohort_query=wanted, request_id=str(uuid.uuid4()))
    calls = [broker.stub.CreateCohortQuery(request, metadata=broker.by("researcher-1")) for _ in range(4)]
    names = {query.name for query in await asyncio.gather(*calls)}
    assert len(names) == 1
    request.cohort_query.filter = 'modality = "CT"'
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await broker.stub.CreateCohortQuery(request, metadata=broker.by("researcher-1"))
    assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS


async def test_a_query_of_somebody_else_looks_like_one_that_does_not_exist(broker: Broker) -> None:
    await broker.federation.put("ghent")
    await broker.knows("ghent")
    query = await broker.ask("ghent")
    missing = f"cohortQueries/{uuid.uuid4().hex}"

    async def refusal(name: str) -> tuple[grpc.StatusCode, str | None]:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await broker.get(name, user="researcher-2")
        return refused.value.code(), (refused.value.details() or "").replace(name, "NAME")

    assert await refusal(query.name) == await refusal(missing)
    assert (await broker.get(query.name, user="auditor-1")).name == query.name
    page = await broker.stub.ListCohortQueries(
        messages_pb2.ListCohortQueriesRequest(), metadata=broker.by("researcher-2")
    )
    assert query.name not in {listed.name for listed in page.cohort_queries}


async def test_pages_stay_put_while_queries_are_added(broker: Broker) -> None:
    await broker.federation.put("ghent")
    await broker.knows("ghent")
    asked = [(await broker.ask("ghent")).name for _ in range(5)]
    seen: list[str] = []
    token = ""
    while len(seen) < 5:
        request = messages_pb2.ListCohortQueriesRequest(page_size=2, page_token=token)
        page = await broker.stub.ListCohortQueries(request, metadata=broker.by("researcher-1"))
        seen += [query.name for query in page.cohort_queries]
        token = page.next_page_token
        await broker.ask("ghent")
    assert seen[:5] == asked[::-1]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"filter": "modalty = MR"}, "cohort_query.filter"),
        ({"filter": 'modality = "MR" AND sex = "F" OR sex = "M"'}, "cohort_query.filter"),
        ({"filter": ""}, "cohort_query"),
        ({"providers": ["providers/nobody"]}, "cohort_query.providers[0]"),
        ({"purpose": "x" * 201}, "cohort_query.purpose"),
        ({"deadline": datetime(2020, 1, 1, tzinfo=UTC)}, "cohort_query.deadline"),
        ({"request_id": "not a uuid"}, "request_id"),
    ],
)
async def test_bad_input_is_refused_by_the_name_of_the_field(
    broker: Broker, change: dict[str, object], field: str
) -> None:
    await broker.federation.put("ghent")
    await broker.knows("ghent")
    request = messages_pb2.CreateCohortQueryRequest(request_id=str(change.pop("request_id", "")))
    request.cohort_query.filter = 'modality = "MR"'
    for name, value in change.items():
        if isinstance(value, list):
            request.cohort_query.providers.extend(value)
        elif isinstance(value, datetime):
            request.cohort_query.deadline.FromDatetime(value)
        else:
            setattr(request.cohort_query, name, value)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await broker.stub.CreateCohortQuery(request, metadata=broker.by("researcher-1"))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field in violated(refused.value)


def violated(error: grpc.aio.AioRpcError) -> list[str]:
    status = rpc_status.from_call(error)
    found = error_details_pb2.BadRequest()
    assert status is not None
    assert any(detail.Unpack(found) for detail in status.details)
    return [violation.field for violation in found.field_violations]


async def test_an_oversize_message_is_refused_and_the_service_goes_on(broker: Broker) -> None:
    await broker.federation.put("ghent")
    await broker.knows("ghent")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await broker.ask("ghent", filter_="x" * 2_000_000)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (await broker.ask("ghent")).state == RUNNING


@pytest.mark.parametrize(
    ("user", "code"), [("auditor-1", grpc.StatusCode.PERMISSION_DENIED), ("", grpc.StatusCode.UNAUTHENTICATED)]
)
async def test_who_may_not_ask_is_refused(broker: Broker, user: str, code: grpc.StatusCode) -> None:
    request = messages_pb2.CreateCohortQueryRequest(cohort_query=cohort_query_pb2.CohortQuery(filter="sex = F"))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await broker.stub.CreateCohortQuery(request, metadata=broker.by(user) if user else ())
    assert refused.value.code() is code
