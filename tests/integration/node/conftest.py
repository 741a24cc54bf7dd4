"""A provider of a hundred people."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.node.ingesting import open_provider
from tests.integration.node.provider import Provider


@pytest.fixture
def provider(tmp_path: Path) -> Provider:
    return open_provider(Provider.create(tmp_path / "node"))
