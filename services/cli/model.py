"""`oncordia model`: the registry of models, their versions and their cards."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from typing import Annotated, TypeVar

import typer
import yaml
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from rich.table import Table
from rich.text import Text

from cli.client import Hub
from cli.errors import UserError
from cli.pages import all_of
from cli.run import console, print_json, with_hub
from oncordia.registry.v1 import messages_pb2, model_pb2, model_version_pb2

app = typer.Typer(no_args_is_help=True, help="Models: find them, register them, move their versions on.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
_M = TypeVar("_M", bound=Message)


@app.command()
def search(
    words: Annotated[str, typer.Argument(help="Words to find.")] = "",
    most: Annotated[int, typer.Option(help="How many at most.")] = 50,
    json: Json = False,
) -> None:
    """Search models."""

    async def command(hub: Hub) -> None:
        found = await all_of(
            lambda request: hub.models.SearchModels(request, metadata=hub.metadata()),
            messages_pb2.SearchModelsRequest(query=words),
            lambda page: page.models,
            most,
        )
        if json:
            print_json(messages_pb2.SearchModelsResponse(models=found))
            return
        table = Table("model", "name", "of", "modalities", box=None, pad_edge=False)
        for model in found:
            table.add_row(
                Text(model.name), Text(model.display_name), Text(model.organisation), Text(" ".join(model.modalities))
            )
        console.print(table)

    with_hub(command)


@app.command()
def show(name: Annotated[str, typer.Argument(help="models/… or models/…/versions/…")]) -> None:
    """Show a model or one of its versions."""

    async def command(hub: Hub) -> None:
        if "/versions/" in name:
            version = messages_pb2.GetModelVersionRequest(name=name)
            print_json(await hub.models.GetModelVersion(version, metadata=hub.metadata()))
        else:
            print_json(await hub.models.GetModel(messages_pb2.GetModelRequest(name=name), metadata=hub.metadata()))

    with_hub(command)


@app.command()
def create(
    code: Annotated[str, typer.Argument(metavar="MODEL", help="The model's id.")],
    file: Annotated[Path, typer.Argument(help="YAML with the fields of a Model: display_name, description, task, …")],
) -> None:
    """Register a model."""

    async def command(hub: Hub) -> None:
        request = messages_pb2.CreateModelRequest(
            model_id=code, model=_read(file, model_pb2.Model()), request_id=str(uuid.uuid4())
        )
        model = await hub.models.CreateModel(request, metadata=hub.metadata())
        console.print(f"{model.name} is registered", highlight=False)

    with_hub(command)


@app.command()
def release(
    model: Annotated[str, typer.Argument(help="models/…")],
    version: Annotated[str, typer.Argument(help="A semantic version, for example 1.0.0; it can't be changed later.")],
    file: Annotated[Path, typer.Argument(help="YAML with the fields of a ModelVersion: artefact_uri, model_card, …")],
    artefact: Annotated[Path, typer.Option(help="The artefact itself; its SHA-256 is taken here.")],
) -> None:
    """Register an immutable version of a model."""

    async def command(hub: Hub) -> None:
        wanted = _read(file, model_version_pb2.ModelVersion())
        wanted.artefact_digest = _digest(artefact)
        request = messages_pb2.CreateModelVersionRequest(
            parent=model, version=version, model_version=wanted, request_id=str(uuid.uuid4())
        )
        made = await hub.models.CreateModelVersion(request, metadata=hub.metadata())
        console.print(f"{made.name} is registered, SHA-256 {made.artefact_digest}", highlight=False)

    with_hub(command)


def _read(file: Path, into: _M) -> _M:
    try:
        return ParseDict(yaml.safe_load(file.read_text()) or {}, into)
    except (OSError, yaml.YAMLError, ParseError) as error:
        raise UserError(f"{file}: {error}") from None


def _digest(artefact: Path) -> str:
    with artefact.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
