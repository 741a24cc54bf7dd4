"""Ingest with the provider's own files."""

from __future__ import annotations

from node.adapters.index.mapping_file import read_mapping
from node.application.ingest_data import Ingested
from tests.integration.node.provider import Provider, Row, hundred_people, write_parquet


def ingest(provider: Provider, rows: list[Row] | None = None) -> Ingested:
    """Write the rows as the provider's only Parquet file (None: leave the source as it is) and ingest."""
    settings = provider.node.settings
    if rows is not None:
        write_parquet(settings.source_path / "data.parquet", rows)
    return provider.node.ingest(read_mapping(settings.mapping_path, provider.node.model), settings.source_path)


def open_provider(provider: Provider) -> Provider:
    assert ingest(provider, hundred_people()).waits is None
    return provider
