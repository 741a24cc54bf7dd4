"""The catalogue as a process, with real Kafka, PostgreSQL and tokens. The test stands where federation does."""

import asyncio
import json
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator

import grpc
import pytest
import pytest_asyncio

from oncordia.border.v1 import task_result_pb2
from oncordia.catalogue.v1 import data_set_pb2, description_status_pb2, messages_pb2, search_pb2
from oncordia.catalogue.v1.catalogue_service_pb2_grpc import CatalogueServiceStub
from oncordia.events.v1 import tasks_pb2
from tests.federation_topics import Federation
from tests.integration.catalogue.world import Catalogue, described, fields
from tests.real import FreshDatabase
from tests.world import LocalIssuer, ServiceProcess, until


@pytest.fixture(scope="module")
def process(
    hub_kafka: str, postgres: FreshDatabase, issuer: LocalIssuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceProcess]:
    home = tmp_path_factory.mktemp("catalogue")
    settings = {"ONCORDIA_DESCRIPTION_POLL_SECONDS": "0.2"}
    with ServiceProcess("catalogue", home, hub_kafka, postgres("catalogue"), issuer, settings) as running:
        yield running


@pytest_asyncio.fixture
async def catalogue(process: ServiceProcess, hub_kafka: str, issuer: LocalIssuer) -> AsyncIterator[Catalogue]:
    federation = Federation(hub_kafka)
    await federation.start()
    async with process.channel() as channel:
        yield Catalogue(process, CatalogueServiceStub(channel), federation, issuer)
    await federation.stop()


async def test_a_new_epoch_is_described_once_and_retires_what_is_missing(catalogue: Catalogue) -> None:
    await catalogue.describe("ghent", "e1", described("a"), described("b", subjects=50))
    await catalogue.lists("ghent", "a", "b")
    await catalogue.federation.put("ghent", epoch="e1")
    await catalogue.describe("ghent", "e2", described("b", subjects=60), described("c"))
    await catalogue.lists("ghent", "b", "c")
    everything = await catalogue.listed("ghent", retired=True)
    assert everything["a"].state == data_set_pb2.DATA_SET_STATE_RETIRED
    assert (everything["b"].subjects, everything["b"].epoch, everything["b"].country) == (60, "e2", "BE")
    kept = await catalogue.stub.GetDataSet(messages_pb2.GetDataSetRequest(name=catalogue.data_set("ghent", "a")))
    assert kept.title == "Chest CT"


async def test_a_repeated_or_given_up_report_changes_nothing(catalogue: Catalogue) -> None:
    await catalogue.federation.put("ghent", epoch="e1")
    first = await catalogue.federation.task()
    await catalogue.federation.put("ghent", epoch="e2")
    second = await catalogue.federation.task()
    answer = task_result_pb2.DescribeAnswer(data_sets=[described("old")], epoch="e1")
    await catalogue.federation.report(first, "ghent", describe=answer)
    answer = task_result_pb2.DescribeAnswer(data_sets=[described("new")], epoch="e2")
    for _ in range(2):
        await catalogue.federation.report(second, "ghent", describe=answer)
    await catalogue.lists("ghent", "new")
    assert set(await catalogue.listed("ghent", retired=True)) == {"new"}


async def test_a_refused_description_is_asked_again_under_another_task(catalogue: Catalogue) -> None:
    await catalogue.federation.put("ghent", epoch="e1")
    first = await catalogue.federation.task()
    refusal = task_result_pb2.Refusal(reason="BUSY", message="try later")
    await catalogue.federation.report(first, "ghent", refusal=refusal)
    name = f"{catalogue.federation.name('ghent')}/description"
    request = description_status_pb2.GetDescriptionStatusRequest(name=name)

    async def waits() -> bool:
        status = await catalogue.stub.GetDescriptionStatus(request, metadata=catalogue.by("steward-1"))
        return bool(status.state == description_status_pb2.DESCRIPTION_STATE_WAITING)

    await until(waits)
    status = await catalogue.stub.GetDescriptionStatus(request, metadata=catalogue.by("operator-1"))
    assert list(status.problems) == ["BUSY: try later"]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await catalogue.stub.GetDescriptionStatus(request, metadata=catalogue.by("steward-2"))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    second = await catalogue.federation.task()
    assert second.assignments[0].task_id != first.assignments[0].task_id
    answer = task_result_pb2.DescribeAnswer(data_sets=[described("a")], epoch="e1")
    await catalogue.federation.report(second, "ghent", state=tasks_pb2.TASK_STATE_DONE, describe=answer)
    await catalogue.lists("ghent", "a")


async def test_what_cannot_be_taken_is_told_and_keeps_nothing_else_out(catalogue: Catalogue) -> None:
    hostile = "<script>alert(1)</script> \u202e'; DROP TABLE data_sets; --"
    await catalogue.describe(
        "ghent",
        "e1",
        described("hostile", hostile),
        described("untitled", ""),
        described("odd", cancer_types=["LUAD", "NO-SUCH-CODE"]),
        described("no/such id"),
    )
    await catalogue.lists("ghent", "hostile", "odd")
    listed = await catalogue.listed("ghent")
    assert listed["hostile"].title == hostile
    assert list(listed["odd"].cancer_types) == ["LUAD"]
    name = f"{catalogue.federation.name('ghent')}/description"
    request = description_status_pb2.GetDescriptionStatusRequest(name=name)
    status = await catalogue.stub.GetDescriptionStatus(request, metadata=catalogue.by("auditor-1"))
    assert len(status.problems) == 3
    assert {problem.split(":")[0] for problem in status.problems} == {"untitled", "odd", "id 'no/such id'"}


async def test_after_kill_9_in_the_middle_the_description_still_arrives_once(catalogue: Catalogue) -> None:
    await catalogue.federation.put("ghent", epoch="e1")
    task = await catalogue.federation.task()
    catalogue.process.kill()
    answer = task_result_pb2.DescribeAnswer(data_sets=[described("a")], epoch="e1")
    await catalogue.federation.report(task, "ghent", describe=answer)
    catalogue.process.start()
    await catalogue.lists("ghent", "a")


async def test_search_finds_words_codes_and_what_lies_below_a_code(catalogue: Catalogue) -> None:
    word = f"zeta{uuid.uuid4().hex[:8]}"
    await catalogue.describe(
        "ghent",
        "e1",
        described("title", f"Scans of {word}"),
        described("text", "MR", description=f"About {word}.", modalities=["MR"], cancer_types=["BRCA"]),
        described("other", "Something else"),
    )
    answer = await catalogue.finds({"title", "text"}, query=word)
    assert [d.name.partition(".")[2] for d in answer.data_sets] == ["title", "text"]
    assert answer.total_size == 2
    await catalogue.finds({"title"}, query=word, cancer_types=["LUNG"])
    await catalogue.finds({"title"}, query=f"{word} lung cancers")
    await catalogue.finds({"text"}, query=word, modalities=["MR"])
    await catalogue.finds(set(), query=word, countries=["FR"])
    await catalogue.finds({"title", "text"}, query=f'({word} "[*:~^\\')
    facets = {facet.field: {value.value: value.data_sets for value in facet.values} for facet in answer.facets}
    assert list(facets) == ["country", "provider", "cancer_type", "modality", "body_part"]
    assert facets["modality"] == {"CT": 1, "MR": 1}
    assert sum(facets["country"].values()) == sum(facets["provider"].values()) == answer.total_size
    first = await catalogue.found(query=word, page_size=1)
    second = await catalogue.found(query=word, page_size=1, page_token=first.next_page_token)
    assert [d.name for d in (*first.data_sets, *second.data_sets)] == [d.name for d in answer.data_sets]
    assert not second.next_page_token


async def test_a_lost_or_damaged_index_is_built_anew_at_the_start(catalogue: Catalogue) -> None:
    word = f"eta{uuid.uuid4().hex[:8]}"
    await catalogue.describe("ghent", "e1", described("a", word))
    await catalogue.finds({"a"}, query=word)
    search = catalogue.process.home / "data" / "search"
    catalogue.process.stop()
    shutil.rmtree(search)
    catalogue.process.start()
    assert (await catalogue.found(query=word)).total_size == 1
    catalogue.process.stop()
    for file in (search / json.loads((search / "index.json").read_text())["directory"]).glob("*.term"):
        file.write_bytes(b"x")
    catalogue.process.start()
    assert (await catalogue.found(query=word)).total_size == 1


async def test_a_steward_registers_changes_and_retires_data_sets_of_the_own_organisation(catalogue: Catalogue) -> None:
    await catalogue.describe("ghent", "e1", described("node"))
    await catalogue.lists("ghent", "node")
    own = data_set_pb2.DataSet(title="Registered", licence="CC-BY-4.0", subjects=5)
    create = messages_pb2.CreateDataSetRequest(
        parent=catalogue.federation.name("ghent"), data_set_id="own", data_set=own, request_id=str(uuid.uuid4())
    )
    with pytest.raises(grpc.aio.AioRpcError) as stranger:
        await catalogue.stub.CreateDataSet(create, metadata=catalogue.by("steward-2"))
    assert stranger.value.code() is grpc.StatusCode.PERMISSION_DENIED
    made = await catalogue.stub.CreateDataSet(create, metadata=catalogue.by("steward-1"))
    assert await catalogue.stub.CreateDataSet(create, metadata=catalogue.by("steward-1")) == made
    create.request_id = ""
    with pytest.raises(grpc.aio.AioRpcError) as taken:
        await catalogue.stub.CreateDataSet(create, metadata=catalogue.by("steward-1"))
    assert taken.value.code() is grpc.StatusCode.ALREADY_EXISTS

    update = messages_pb2.UpdateDataSetRequest(
        data_set=data_set_pb2.DataSet(name=made.name, title="Renamed", etag=made.etag)
    )
    update.update_mask.paths.append("title")
    changed = await catalogue.stub.UpdateDataSet(update, metadata=catalogue.by("steward-1"))
    assert (changed.title, changed.subjects) == ("Renamed", 5)
    with pytest.raises(grpc.aio.AioRpcError) as stale:
        await catalogue.stub.UpdateDataSet(update, metadata=catalogue.by("steward-1"))
    assert stale.value.code() is grpc.StatusCode.FAILED_PRECONDITION

    retire = messages_pb2.RetireDataSetRequest(name=catalogue.data_set("ghent", "node"))
    await catalogue.stub.RetireDataSet(retire, metadata=catalogue.by("steward-1"))
    await catalogue.describe("ghent", "e2", described("node"), described("more"))
    await catalogue.lists("ghent", "own", "more")


async def test_a_removed_providers_data_sets_are_retired_and_come_back_with_it(catalogue: Catalogue) -> None:
    word = f"theta{uuid.uuid4().hex[:8]}"
    await catalogue.describe("ghent", "e1", described("node", f"Scans of {word}"))
    await catalogue.finds({"node"}, query=word)
    create = messages_pb2.CreateDataSetRequest(
        parent=catalogue.federation.name("ghent"), data_set_id="own", data_set=data_set_pb2.DataSet(title="Registered")
    )
    await catalogue.stub.CreateDataSet(create, metadata=catalogue.by("steward-1"))
    await catalogue.lists("ghent", "node", "own")

    await catalogue.federation.remove("ghent")
    await catalogue.lists("ghent")
    await catalogue.finds(set(), query=word)
    retired = await catalogue.listed("ghent", retired=True)
    assert {data_set.state for data_set in retired.values()} == {data_set_pb2.DATA_SET_STATE_RETIRED}
    create.data_set_id = "late"
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        await catalogue.stub.CreateDataSet(create, metadata=catalogue.by("steward-1"))
    assert gone.value.code() is grpc.StatusCode.NOT_FOUND

    # Back with the same snapshot: its node is asked once more.
    await catalogue.describe("ghent", "e1", described("node", f"Scans of {word}"))
    await catalogue.lists("ghent", "node")
    await catalogue.finds({"node"}, query=word)


async def test_one_request_id_for_two_providers_at_once_makes_one_data_set_and_a_clear_refusal(
    catalogue: Catalogue,
) -> None:
    for provider in ("ghent", "porto"):
        await catalogue.federation.put(provider)
        await catalogue.knows(provider)
    for _ in range(10):
        id_ = uuid.uuid4().hex[:8]
        calls = [
            catalogue.stub.CreateDataSet(
                messages_pb2.CreateDataSetRequest(
                    parent=catalogue.federation.name(provider),
                    data_set_id=id_,
                    data_set=data_set_pb2.DataSet(title="Registered"),
                    request_id=str(uuid.UUID(bytes=id_.encode() * 2)),
                ),
                metadata=catalogue.by("steward-1"),
            )
            for provider in ("ghent", "porto")
        ]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        (refused,) = [error for error in outcomes if isinstance(error, grpc.aio.AioRpcError)]
        assert refused.code() is grpc.StatusCode.ALREADY_EXISTS
        assert "request_id" in (refused.details() or "")


async def test_every_bad_field_is_named(catalogue: Catalogue) -> None:
    await catalogue.describe("ghent", "e1", described("node"))
    await catalogue.lists("ghent", "node")
    bad = data_set_pb2.DataSet(title="a\0b", cancer_types=["LUNK"], subjects=-1, licence="x" * 300)
    create = messages_pb2.CreateDataSetRequest(parent=catalogue.federation.name("ghent"), data_set_id="x", data_set=bad)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await catalogue.stub.CreateDataSet(create, metadata=catalogue.by("steward-1"))
    assert fields(refused.value) == {f"data_set.{f}" for f in ("title", "cancer_types", "subjects", "licence")}
    search = search_pb2.SearchDataSetsRequest(countries=["Belgium"], modalities=["XX"], query="y" * 501)
    with pytest.raises(grpc.aio.AioRpcError) as unsearchable:
        await catalogue.stub.SearchDataSets(search)
    assert fields(unsearchable.value) == {"countries", "modalities", "query"}
    for request, field in (
        (messages_pb2.ListDataSetsRequest(page_size=-1), "page_size"),
        (messages_pb2.ListDataSetsRequest(page_token="%%"), "page_token"),
        (messages_pb2.ListDataSetsRequest(provider="ghent"), "provider"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as wrong:
            await catalogue.stub.ListDataSets(request)
        assert fields(wrong.value) == {field}


async def test_the_summary_sums_what_is_published(catalogue: Catalogue) -> None:
    before = await catalogue.stub.GetSummary(search_pb2.GetSummaryRequest())
    await catalogue.describe("lyon", "e1", described("a"), described("b"))
    await catalogue.lists("lyon", "a", "b")
    after = await catalogue.stub.GetSummary(search_pb2.GetSummaryRequest())
    assert (after.data_sets, after.series, after.providers) == (
        before.data_sets + 2,
        before.series + 2000,
        before.providers + 1,
    )
