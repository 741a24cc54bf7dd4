"""The demo's nodes: registered and invited at the hub, enrolled, their data indexed, then kept running."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import grpc
import yaml

from cli.client import Hub
from oncordia.federation.v1 import messages_pb2, provider_pb2
from stack.commands import run_command
from stack.demo.deal import Package
from stack.demo.providers import DemoProvider
from stack.services import NodeProcess

# Two at a time: each takes a processor and up to 400 MB while it indexes.
INDEXING_AT_A_TIME = 2
_MAPPING = Path(__file__).with_name("mapping.yaml")
_LEAN_MAPPING = Path(__file__).with_name("mapping-lean.yaml")
# A provider that maps less, so that unsupported predicates can be seen.
_LEAN = {"demo-krakow"}


class NodeFolder:
    """A node's directory and what the demo puts into it."""

    def __init__(self, provider: DemoProvider, directory: Path) -> None:
        self.provider = provider
        self.directory = directory

    @property
    def source(self) -> Path:
        """The Parquet file of its share."""
        return self.directory / "source" / "series.parquet"

    @property
    def environment(self) -> dict[str, str]:
        mapping = _LEAN_MAPPING if self.provider.code in _LEAN else _MAPPING
        return {"ONCORDIA_DATA_DIR": str(self.directory), "ONCORDIA_MAPPING_FILE": str(mapping)}

    @property
    def is_indexed(self) -> bool:
        return any((self.directory / "snapshots").glob("*"))

    @property
    def is_enrolled(self) -> bool:
        return (self.directory / "node.crt").exists()

    def process(self) -> NodeProcess:
        return NodeProcess(self.provider.code, self.provider.country, self.environment)

    def write_settings(self, package: Package) -> None:
        """The provider's rules, with a budget of the demo's own so that it can be run again and again; and the names
        of its data sets."""
        self.directory.mkdir(parents=True, exist_ok=True)
        rules = self.provider.rules
        policy = {
            "epsilon_per_count": str(rules.epsilon_per_count),
            "minimum_count": rules.minimum_count,
            "rounding": rules.rounding,
            "max_studies": rules.max_studies,
            "max_series": rules.max_series,
            "site_budget": "100000",
            "organisation_budget": "25000",
        }
        (self.directory / "policy.yaml").write_text(yaml.safe_dump(policy, sort_keys=False))
        (self.directory / "data_sets.yaml").write_text(
            yaml.safe_dump(_data_sets(self.provider, package), sort_keys=False, allow_unicode=True)
        )

    async def index(self) -> None:
        """Raises ProcessFailedError."""
        await self._command("indexing", "ingest")

    async def enrol(self, invitation: messages_pb2.Invitation) -> None:
        """Raises ProcessFailedError."""
        await self._command(
            "enrolling",
            *("enrol", "--address", invitation.enrolment_address, "--ca-fingerprint", invitation.ca_fingerprint),
            # A secret goes by the environment: arguments can be read by every process of the machine.
            secret={"ONCORDIA_INVITATION_TOKEN": invitation.token},
        )

    async def _command(self, what: str, *argv: str, secret: Mapping[str, str] | None = None) -> None:
        await run_command(
            f"{what} {self.provider.code}",
            *(sys.executable, "-m", "node", *argv),
            env={**self.environment, **(secret or {})},
        )


async def index_all(folders: list[NodeFolder], done: Callable[[NodeFolder], None]) -> None:
    """Indexes what is not indexed yet, a few at a time, the largest first."""
    places = asyncio.Semaphore(min(INDEXING_AT_A_TIME, os.cpu_count() or 1))

    async def one(folder: NodeFolder) -> None:
        async with places:
            if not folder.is_indexed:
                await folder.index()
            done(folder)

    async with asyncio.TaskGroup() as group:
        for folder in sorted(folders, key=lambda f: f.source.stat().st_size, reverse=True):
            group.create_task(one(folder))


async def register_and_enrol(hub: Hub, folder: NodeFolder) -> None:
    """The operator registers and invites the provider; its node enrols."""
    if folder.is_enrolled:
        return
    provider = folder.provider
    request = messages_pb2.CreateProviderRequest(
        provider=provider_pb2.Provider(
            name=f"providers/{provider.code}",
            display_name=provider.name,
            country=provider.country,
            organisation=provider.code,
        )
    )
    try:
        await hub.federation.CreateProvider(request, metadata=hub.metadata())
    except grpc.aio.AioRpcError as error:
        # It is there already, after a start that was cut off.
        if error.code() is not grpc.StatusCode.ALREADY_EXISTS:
            raise
    invitation = await hub.federation.CreateInvitation(
        messages_pb2.CreateInvitationRequest(provider=f"providers/{provider.code}"), metadata=hub.metadata()
    )
    await folder.enrol(invitation)


def _data_sets(provider: DemoProvider, package: Package) -> dict[str, dict[str, str]]:
    with duckdb.connect() as connection:
        rows = connection.execute(
            """SELECT collection_id, collection_name, description, sources[1].source_doi
               FROM read_parquet($1) WHERE collection_id IN (SELECT unnest($2)) ORDER BY 1""",
            [str(package.collections), list(provider.collections)],
        ).fetchall()
    return {
        code: {"title": title, "description": (description or "")[:2000], "persistent_id": doi or ""}
        for code, title, description, doi in rows
    }
