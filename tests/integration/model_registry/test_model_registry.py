"""The registry as a process, with real Kafka, PostgreSQL and tokens."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer

from kit.events import topics
from kit.rpc.status import reason_of
from oncordia.events.v1 import registry_pb2
from oncordia.registry.v1 import messages_pb2, model_card_pb2, model_pb2, model_version_pb2
from oncordia.registry.v1.model_registry_service_pb2_grpc import ModelRegistryServiceStub
from tests.integration.catalogue.world import fields
from tests.real import FreshDatabase
from tests.world import LocalIssuer, Metadata, ServiceProcess

if TYPE_CHECKING:
    from oncordia.registry.v1.model_registry_service_pb2_grpc import ModelRegistryServiceAsyncStub

VALIDATION = model_version_pb2.MODEL_STAGE_VALIDATION
PILOT = model_version_pb2.MODEL_STAGE_PILOT
ARCHIVED = model_version_pb2.MODEL_STAGE_ARCHIVED
SEGMENTATION = model_pb2.MODEL_TASK_SEGMENTATION


@pytest.fixture(scope="module")
def process(
    hub_kafka: str, postgres: FreshDatabase, issuer: LocalIssuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceProcess]:
    home = tmp_path_factory.mktemp("registry")
    with ServiceProcess("model_registry", home, hub_kafka, postgres("model_registry"), issuer) as running:
        yield running


@dataclass
class Registry:
    stub: ModelRegistryServiceAsyncStub
    issuer: LocalIssuer

    def by(self, user: str) -> Metadata:
        return self.issuer.metadata(user)

    async def model(self, by: str = "researcher-1", **about: Any) -> model_pb2.Model:
        """A new model of demo-university-leuven."""
        values: dict[str, Any] = {"display_name": "Nodule finder", "task": SEGMENTATION, **about}
        request = messages_pb2.CreateModelRequest(
            model_id=f"m-{uuid.uuid4().hex[:8]}", model=model_pb2.Model(**values), request_id=str(uuid.uuid4())
        )
        return await self.stub.CreateModel(request, metadata=self.by(by))

    async def version(
        self, model: model_pb2.Model, version: str = "1.0.0", digest: str = "a" * 64, by: str = "researcher-1"
    ) -> model_version_pb2.ModelVersion:
        request = messages_pb2.CreateModelVersionRequest(
            parent=model.name, version=version, model_version=content(digest)
        )
        return await self.stub.CreateModelVersion(request, metadata=self.by(by))

    async def move(
        self, name: str, stage: model_version_pb2.ModelStage.ValueType, by: str = "researcher-1"
    ) -> model_version_pb2.ModelVersion:
        request = messages_pb2.SetModelVersionStageRequest(name=name, stage=stage)
        return await self.stub.SetModelVersionStage(request, metadata=self.by(by))

    async def found(self, by: str, **search: Any) -> list[str]:
        request = messages_pb2.SearchModelsRequest(**search)
        return [model.name for model in (await self.stub.SearchModels(request, metadata=self.by(by))).models]


def content(digest: str = "a" * 64, **more: Any) -> model_version_pb2.ModelVersion:
    card = model_card_pb2.ModelCard(
        intended_use="Second reader of chest CT. <b>Not</b> for children.",
        training_data="1,200 scans of 3 sites",
        limitations="Not tried on contrast phases",
        licence="Apache-2.0",
        contact_organisation="demo-university-leuven",
        metrics=[model_card_pb2.Metric(name="Dice", value=0.91, lower_95=0.89, upper_95=0.93, data="external")],
        references=["https://doi.org/10.1000/182"],
    )
    values: dict[str, Any] = {
        "artefact_digest": digest,
        "artefact_uri": "oci://images.example.org/nodule",
        "model_card": card,
        **more,
    }
    return model_version_pb2.ModelVersion(**values)


@pytest_asyncio.fixture
async def registry(process: ServiceProcess, issuer: LocalIssuer) -> AsyncIterator[Registry]:
    async with process.channel() as channel:
        yield Registry(ModelRegistryServiceStub(channel), issuer)


async def test_an_unpublished_model_is_not_there_for_other_organisations(registry: Registry) -> None:
    model = await registry.model()
    version = await registry.version(model)
    get = messages_pb2.GetModelRequest(name=model.name)
    assert await registry.stub.GetModel(get, metadata=registry.by("researcher-4")) == model
    assert await registry.stub.GetModel(get, metadata=registry.by("auditor-1")) == model
    missing = messages_pb2.GetModelRequest(name="models/there-is-none")
    messages = []
    for request in (get, missing):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await registry.stub.GetModel(request, metadata=registry.by("researcher-2"))
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND
        messages.append(str(refused.value.details()).replace(request.name, "X"))
    assert messages[0] == messages[1]
    for call in (
        registry.move(version.name, VALIDATION, by="researcher-2"),
        registry.version(model, "2.0.0", by="researcher-2"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as hidden:
            await call
        assert hidden.value.code() is grpc.StatusCode.NOT_FOUND
    assert model.name not in await registry.found("researcher-2", page_size=200)


async def test_a_published_version_is_read_by_all_and_changed_by_its_organisation_alone(registry: Registry) -> None:
    model = await registry.model()
    first, second = await registry.version(model), await registry.version(model, "1.1.0-rc.1")
    moved = await registry.move(first.name, VALIDATION)
    assert moved.HasField("publish_time")
    get = messages_pb2.GetModelVersionRequest(name=first.name)
    assert await registry.stub.GetModelVersion(get, metadata=registry.by("researcher-2")) == moved
    listing = messages_pb2.ListModelVersionsRequest(parent=model.name)
    seen = await registry.stub.ListModelVersions(listing, metadata=registry.by("researcher-2"))
    assert [v.name for v in seen.model_versions] == [first.name]
    own = await registry.stub.ListModelVersions(listing, metadata=registry.by("researcher-1"))
    assert [v.name for v in own.model_versions] == [second.name, first.name]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await registry.move(first.name, PILOT, by="researcher-2")
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert (await registry.move(first.name, ARCHIVED, by="operator-1")).stage == ARCHIVED


async def test_a_version_never_changes_and_the_same_one_again_is_the_same(registry: Registry) -> None:
    model = await registry.model()
    version = await registry.version(model)
    assert await registry.version(model) == version
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await registry.version(model, digest="b" * 64)
    assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS
    with pytest.raises(grpc.aio.AioRpcError) as jump:
        await registry.move(version.name, PILOT)
    assert reason_of(jump.value) == "STAGE_TRANSITION"


async def test_a_repeated_request_gives_the_same_model_and_one_event(registry: Registry, hub_kafka: str) -> None:
    request = messages_pb2.CreateModelRequest(
        model_id=f"m-{uuid.uuid4().hex[:8]}",
        model=model_pb2.Model(display_name="Once", task=SEGMENTATION),
        request_id=str(uuid.uuid4()),
    )
    made = [await registry.stub.CreateModel(request, metadata=registry.by("researcher-1")) for _ in range(3)]
    assert made[0] == made[1] == made[2]
    request.request_id = ""
    with pytest.raises(grpc.aio.AioRpcError) as taken:
        await registry.stub.CreateModel(request, metadata=registry.by("researcher-1"))
    assert taken.value.code() is grpc.StatusCode.ALREADY_EXISTS
    version = await registry.version(made[0])
    await registry.move(version.name, VALIDATION)
    kinds: list[str] = []
    async with AIOKafkaConsumer(
        topics.events("registry").name,
        topics.state("registry").name,
        bootstrap_servers=hub_kafka,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    ) as consumer:
        while len(kinds) < 6:
            record = await consumer.getone()
            if record.key.decode().startswith(made[0].name):
                kinds.append(dict(record.headers)["ce_type"].decode().rpartition(".")[2])
    assert sorted(kinds) == sorted(
        ["ModelCreated", "ModelVersionCreated", "ModelUpdated", "ModelVersionStageChanged", "Model", "ModelVersion"]
    )
    assert registry_pb2.ModelCreated.DESCRIPTOR.name in kinds


async def test_an_update_needs_the_current_etag(registry: Registry) -> None:
    model = await registry.model()
    request = messages_pb2.UpdateModelRequest(model=model_pb2.Model(name=model.name, etag=model.etag, description="x"))
    request.update_mask.paths.append("description")
    changed = await registry.stub.UpdateModel(request, metadata=registry.by("researcher-1"))
    assert (changed.description, changed.display_name) == ("x", model.display_name)
    with pytest.raises(grpc.aio.AioRpcError) as stale:
        await registry.stub.UpdateModel(request, metadata=registry.by("researcher-1"))
    assert reason_of(stale.value) == "ETAG_MISMATCH"
    request.update_mask.paths.append("organisation")
    with pytest.raises(grpc.aio.AioRpcError) as wrong:
        await registry.stub.UpdateModel(request, metadata=registry.by("researcher-1"))
    assert fields(wrong.value) == {"update_mask"}


async def test_search_finds_by_words_codes_and_stage(registry: Registry) -> None:
    word = f"zeta{uuid.uuid4().hex[:8]}"
    lung = await registry.model(description=f"{word} segments nodules", cancer_types=["LUAD"], modalities=["CT"])
    breast = await registry.model(description=f"{word} in breasts", cancer_types=["BRCA"], modalities=["MR"])
    await registry.move((await registry.version(lung)).name, VALIDATION)
    both = sorted([lung.name, breast.name])
    assert await registry.found("researcher-1", query=word) == both
    assert await registry.found("researcher-2", query=word) == [lung.name]
    assert await registry.found("researcher-1", query=f"{word} segmenting") == [lung.name]
    assert await registry.found("researcher-1", query=word, cancer_types=["LUNG"]) == [lung.name]
    assert await registry.found("researcher-1", query=word, modalities=["MR"]) == [breast.name]
    assert await registry.found("researcher-1", query=word, stages=[VALIDATION]) == [lung.name]
    assert await registry.found("researcher-1", query=word, tasks=[model_pb2.MODEL_TASK_OTHER]) == []
    assert await registry.found("researcher-1", query=f"{word} & ! ('") == both
    page = await registry.stub.SearchModels(
        messages_pb2.SearchModelsRequest(query=word, page_size=1), metadata=registry.by("researcher-1")
    )
    rest = await registry.found("researcher-1", query=word, page_size=1, page_token=page.next_page_token)
    assert [page.models[0].name, *rest] == both


async def test_every_bad_field_is_named(registry: Registry) -> None:
    bad = model_pb2.Model(display_name="", modalities=["CX"], description="a\0")
    request = messages_pb2.CreateModelRequest(model_id="bad-one", model=bad)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await registry.stub.CreateModel(request, metadata=registry.by("researcher-1"))
    assert fields(refused.value) == {f"model.{f}" for f in ("display_name", "modalities", "description", "task")}
    model = await registry.model()
    wrong = content("SHA", artefact_uri="https://user:secret@example.org/x", model_card=model_card_pb2.ModelCard())
    wrong.model_card.metrics.add(name="AUC", value=float("nan"), data="x")
    create = messages_pb2.CreateModelVersionRequest(parent=model.name, version="1.0.0", model_version=wrong)
    with pytest.raises(grpc.aio.AioRpcError) as unread:
        await registry.stub.CreateModelVersion(create, metadata=registry.by("researcher-1"))
    card = {"intended_use", "training_data", "limitations", "licence", "contact_organisation", "metrics[0]"}
    expected = {"artefact_digest", "artefact_uri", *(f"model_card.{field}" for field in card)}
    assert fields(unread.value) == {f"model_version.{field}" for field in expected}
    assert "secret" not in str(unread.value.details())


async def test_who_has_no_token_or_no_fitting_role_is_refused(registry: Registry) -> None:
    get = messages_pb2.GetModelRequest(name="models/any-one")
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await registry.stub.GetModel(get)
    assert unknown.value.code() is grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(grpc.aio.AioRpcError) as auditor:
        await registry.stub.CreateModel(messages_pb2.CreateModelRequest(), metadata=registry.by("auditor-1"))
    assert auditor.value.code() is grpc.StatusCode.PERMISSION_DENIED
